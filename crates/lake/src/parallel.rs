//! Work shared among threads whose results are taken in order, and never far ahead of the one who takes them.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::LakeError;

/// Results that may wait for their turn, for each thread.
const AHEAD: usize = 2;

/// Maps `items` on up to `threads` threads and hands the results to `take` on this one, in the order of the items.
///
/// The first error in that order ends the work and is the answer.
pub(crate) fn in_order<T: Sync, R: Send, E: From<LakeError>>(
    threads: usize,
    items: &[T],
    map: impl Fn(&T) -> Result<R, LakeError> + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    if threads <= 1 || items.len() <= 1 {
        return items.iter().try_for_each(|item| take(map(item)?));
    }
    let desk =
        Desk { state: Mutex::new(State { next: 0, taken: 0, stop: false, done: BTreeMap::new() }), change: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|| {
                let _stop = StopOnPanic(&desk);
                while let Some((index, item)) = desk.next(items, threads * AHEAD) {
                    desk.put(index, map(item));
                }
            });
        }
        let _stop = StopOnPanic(&desk);
        for _ in items {
            // Nothing comes any more only if a thread panicked; the scope passes that on.
            let Some(result) = desk.take() else { break };
            if let Err(error) = result.map_err(E::from).and_then(&mut take) {
                desk.stop();
                return Err(error);
            }
        }
        Ok(())
    })
}

/// Where workers fetch work and leave results.
struct Desk<R> {
    state: Mutex<State<R>>,
    change: Condvar,
}

struct State<R> {
    /// The next item to work on.
    next: usize,
    /// Results taken so far.
    taken: usize,
    stop: bool,
    done: BTreeMap<usize, Result<R, LakeError>>,
}

impl<R> Desk<R> {
    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, busy: impl Fn(&State<R>) -> bool) -> MutexGuard<'_, State<R>> {
        self.change.wait_while(self.lock(), |state| !state.stop && busy(state)).unwrap_or_else(PoisonError::into_inner)
    }

    fn next<'a, T>(&self, items: &'a [T], ahead: usize) -> Option<(usize, &'a T)> {
        let mut state = self.wait_while(|state| state.next < items.len() && state.next >= state.taken + ahead);
        let index = state.next;
        let item = items.get(index).filter(|_| !state.stop)?;
        state.next += 1;
        Some((index, item))
    }

    fn put(&self, index: usize, result: Result<R, LakeError>) {
        self.lock().done.insert(index, result);
        self.change.notify_all();
    }

    fn take(&self) -> Option<Result<R, LakeError>> {
        let mut state = self.wait_while(|state| !state.done.contains_key(&state.taken));
        let index = state.taken;
        let result = state.done.remove(&index)?;
        state.taken += 1;
        drop(state);
        self.change.notify_all();
        Some(result)
    }

    fn stop(&self) {
        self.lock().stop = true;
        self.change.notify_all();
    }
}

/// Wakes those who would wait for a thread that will not come back.
struct StopOnPanic<'a, R>(&'a Desk<R>);

impl<R> Drop for StopOnPanic<'_, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn failure(number: usize) -> LakeError {
        LakeError::UnknownTable { name: number.to_string() }
    }

    #[test]
    fn results_come_in_order_and_never_far_ahead() {
        let items: Vec<usize> = (0..500).collect();
        for threads in [1, 2, 7] {
            let (begun, mut taken) = (AtomicUsize::new(0), Vec::new());
            in_order(
                threads,
                &items,
                |&item| {
                    begun.fetch_add(1, Ordering::SeqCst);
                    Ok(item * 2)
                },
                |result| {
                    taken.push(result);
                    let ahead = begun.load(Ordering::SeqCst) - taken.len();
                    assert!(ahead <= threads * AHEAD + 1, "{ahead} results ahead with {threads} threads");
                    Ok::<_, LakeError>(())
                },
            )
            .unwrap();
            assert_eq!(taken, items.iter().map(|item| item * 2).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn the_first_error_in_order_ends_the_work() {
        let items: Vec<usize> = (0..100_000).collect();
        let begun = AtomicUsize::new(0);
        let mut taken = 0;
        let error = in_order(
            4,
            &items,
            |&item| {
                begun.fetch_add(1, Ordering::SeqCst);
                if item >= 10 { Err(failure(item)) } else { Ok(item) }
            },
            |_| {
                taken += 1;
                Ok::<_, LakeError>(())
            },
        )
        .unwrap_err();
        assert_eq!((error.to_string(), taken), (failure(10).to_string(), 10));
        assert!(begun.load(Ordering::SeqCst) < 100, "the rest is not worked on");
        let refused = in_order(4, &items, |&item| Ok(item), |item| if item == 3 { Err(failure(item)) } else { Ok(()) });
        assert_eq!(refused.unwrap_err().to_string(), failure(3).to_string());
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_is_passed_on() {
        let items: Vec<usize> = (0..100).collect();
        let _ = in_order(2, &items, |&item| if item == 50 { panic!("on purpose") } else { Ok(()) }, |()| Ok::<_, LakeError>(()));
    }
}
