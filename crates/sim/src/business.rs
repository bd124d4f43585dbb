//! What the business sees: money, customers, tools that are paid for, and how people feel and learn.

use crate::days::number;
use crate::work::uses_ai;
use crate::world::{Crowd, Shape};

/// Share of the engineers employed on a day who use AI; 0 where there are none.
#[must_use]
pub fn ai_share(shape: &Shape, crowd: &Crowd, day: i32) -> f64 {
    let (mut all, mut users) = (0_u32, 0_u32);
    for person in crowd.people.iter().filter(|person| person.role.is_engineering() && person.is_here(day)) {
        all += 1;
        users += u32::from(uses_ai(shape, crowd, person, day));
    }
    if all == 0 { 0.0 } else { f64::from(users) / f64::from(all) }
}

/// Engineer-months of a month: days employed over days of the month.
#[must_use]
pub fn engineer_months(crowd: &Crowd, from: i32, until: i32) -> f64 {
    let days = f64::from(until - from).max(1.0);
    crowd
        .people
        .iter()
        .filter(|person| person.role.is_engineering())
        .map(|person| {
            let last = person.left().unwrap_or(until).min(until);
            f64::from((last - person.hired().max(from)).max(0)) / days
        })
        .sum()
}

/// First days of the months of the window, as numbers, each with the first day after it.
#[must_use]
pub fn months(shape: &Shape) -> Vec<(jiff::civil::Date, i32, i32)> {
    let months = crate::days::months(shape.start(), shape.until);
    months.into_iter().map(|month| (month, number(month), number(crate::days::months_after(month, 1)))).collect()
}

/// What a month brought and cost.
#[derive(Debug, Clone)]
pub struct Month {
    /// Its first day.
    pub first: jiff::civil::Date,
    /// Engineer-months.
    pub engineers: f64,
    /// Share of engineers who use AI, in the middle of it.
    pub ai_share: f64,
    /// Revenue.
    pub revenue: f64,
    /// Planted: its mean.
    pub revenue_mean: f64,
    /// Loaded cost of engineering.
    pub cost: f64,
    /// Customers, on average.
    pub customers: f64,
}

/// Standard deviation of the logarithm of a month's revenue.
const SD_REVENUE: f64 = 0.05;
/// Loaded cost of an engineer-month.
const COST: f64 = 9_500.0;

/// Money by month.
#[must_use]
pub fn money(shape: &Shape, effects: &crate::Effects, seed: u64, crowd: &Crowd) -> Vec<Month> {
    let mut draws = crate::draws::Draws::of(seed, "money", 0);
    let business = &effects.business;
    let mut customers = 900.0 + 10.0 * shape.people as f64;
    months(shape)
        .into_iter()
        .map(|(first, from, until)| {
            let engineers = engineer_months(crowd, from, until);
            let ai_share = ai_share(shape, crowd, (from + until) / 2);
            let revenue_mean = engineers * business.revenue_per_engineer * business.revenue_ratio.powf(ai_share);
            let noise = (SD_REVENUE * draws.normal() - SD_REVENUE * SD_REVENUE / 2.0).exp();
            customers *= 1.0 + 0.01 + 0.005 * draws.normal();
            let cost = engineers * COST * (1.0 + 0.02 * draws.normal());
            Month { first, engineers, ai_share, revenue: revenue_mean * noise, revenue_mean, cost, customers: customers.round() }
        })
        .collect()
}
