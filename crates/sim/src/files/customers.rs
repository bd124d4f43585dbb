//! What customers say: tickets and answers.

use crate::World;
use crate::days::{HOUR, midnight, time_text};
use crate::draws::Draws;
use crate::table::{TableText, or_empty};

/// Answers of customers in a month.
const ANSWERS: f64 = 110.0;
/// Hours of a ticket, the median.
const HOURS: f64 = 1.2;

pub fn files(world: &World) -> Vec<TableText> {
    vec![tickets(world), satisfaction(world)]
}

/// For each day of the window: its number, the customers of its month, and the share of AI then.
fn days(world: &World) -> impl Iterator<Item = (i32, f64, f64)> + '_ {
    let months = crate::business::months(&world.shape).into_iter().zip(&world.months);
    months.flat_map(|((_, from, until), month)| {
        let until = until.min(crate::days::number(world.shape.until));
        (from.max(crate::days::number(world.shape.start()))..until).map(|day| (day, month.customers, month.ai_share))
    })
}

fn tickets(world: &World) -> TableText {
    let mut table = TableText::new("support_tickets", "id,created_at,resolved_at,severity,product,hours,is_product_related");
    let mut draws = Draws::of(world.seed, "tickets", 0);
    let business = &world.effects.business;
    for (day, customers, share) in days(world) {
        let rate = business.tickets * business.ticket_ratio.powf(share) * customers / 1000.0 / 30.4375;
        for _ in 0..draws.poisson(rate) {
            let created = midnight(day) + draws.below(86_400) as i64;
            let resolved = created + (draws.lognormal(9.0, 1.0) * HOUR as f64) as i64;
            let hours = draws.chance(0.9).then(|| format!("{:.2}", draws.lognormal(HOURS, 0.7)));
            let severity = ["critical", "high", "medium", "low"][draws.weighted(&[0.3, 2.0, 5.0, 4.0])];
            let repo = world.crowd.repos.get(draws.below(world.crowd.repos.len())).map_or("", |repo| repo.folder.as_str());
            let id = format!("t{}", table.rows + 1);
            let resolved = or_empty((resolved < world.end()).then(|| time_text(resolved)));
            table.row([id.as_str(), &time_text(created), &resolved, severity, repo, &or_empty(hours), ""]);
        }
    }
    table
}

fn satisfaction(world: &World) -> TableText {
    let mut table = TableText::new("satisfaction", "id,responded_at,product,csat,nps,customer");
    let mut draws = Draws::of(world.seed, "satisfaction", 0);
    let business = &world.effects.business;
    for (day, _, share) in days(world) {
        let happy = (business.csat + business.csat_shift * share).clamp(0.0, 1.0);
        for _ in 0..draws.poisson(ANSWERS / 30.4375) {
            let at = midnight(day) + 8 * HOUR + draws.below(10 * 3600) as i64;
            let is_happy = draws.chance(happy);
            let csat = if is_happy { 4 + draws.below(2) } else { 1 + draws.below(3) };
            let nps = if is_happy { 7 + draws.below(4) } else { 2 + draws.below(6) };
            let repo = world.crowd.repos.get(draws.below(world.crowd.repos.len())).map_or("", |repo| repo.folder.as_str());
            let cells = [format!("s{}", table.rows + 1), time_text(at), csat.to_string(), format!("k{:04}", draws.below(4000))];
            let nps = if draws.chance(0.7) { nps.to_string() } else { String::new() };
            table.row([cells[0].as_str(), &cells[1], repo, &cells[2], &nps, &cells[3]]);
        }
    }
    table
}
