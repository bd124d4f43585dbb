//! The observations of metrics: made anew for each page, or once for all pages that are written together.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use candor_catalogue::{CatalogueError, Metric, Observed, Session, observe};

/// Where a baseline and digests take the observations of a metric from.
pub struct Observations<'a> {
    session: &'a Session,
    kept: Option<RefCell<BTreeMap<String, Rc<Observed<'a>>>>>,
}

impl<'a> Observations<'a> {
    /// Observations of one metric at a time: each is let go of when its figures are known.
    #[must_use]
    pub fn passing(session: &'a Session) -> Self {
        Self { session, kept: None }
    }

    /// Observations that stay in memory, for several pages on the same facts.
    #[must_use]
    pub fn kept(session: &'a Session) -> Self {
        Self { session, kept: Some(RefCell::new(BTreeMap::new())) }
    }

    /// The engine that makes them.
    #[must_use]
    pub fn session(&self) -> &'a Session {
        self.session
    }

    /// The observations of a metric.
    pub(crate) fn of(&self, metric: &'a Metric) -> Result<Rc<Observed<'a>>, CatalogueError> {
        let Some(kept) = &self.kept else { return observe(self.session, metric).map(Rc::new) };
        if let Some(found) = kept.borrow().get(&metric.id) {
            return Ok(Rc::clone(found));
        }
        let made = Rc::new(observe(self.session, metric)?);
        kept.borrow_mut().insert(metric.id.clone(), Rc::clone(&made));
        Ok(made)
    }
}
