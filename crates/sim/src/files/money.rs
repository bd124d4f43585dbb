//! Revenue, cost and customers by month; what the tools cost and how much they were used.

use crate::World;
use crate::business::{Month, months};
use crate::days::{date, is_working, month_text, number};
use crate::draws::Draws;
use crate::table::TableText;
use crate::work::uses_ai;

pub fn files(world: &World) -> Vec<TableText> {
    vec![finance(world), spend(world), usage(world)]
}

fn finance(world: &World) -> TableText {
    let mut table =
        TableText::new("finance", "month,unit,revenue,engineering_cost,currency,fx_rate,customers,headcount_override");
    for month in &world.months {
        let Month { first, revenue, cost, customers, .. } = month;
        let cells = [format!("{revenue:.2}"), format!("{cost:.2}"), format!("{customers:.0}")];
        table.row([month_text(*first).as_str(), "org", &cells[0], &cells[1], "EUR", "", &cells[2], ""]);
    }
    table
}

/// Seats cost 19 or 20 dollars; agents are paid by use besides.
fn spend(world: &World) -> TableText {
    let mut table = TableText::new("ai_spend", "month,tool,seats,cost,currency,fx_rate");
    for (first, from, until) in months(&world.shape) {
        if until <= number(world.shape.pilot()) {
            continue;
        }
        for tool in crate::world::TOOLS {
            let users = world.crowd.people.iter().filter(|person| {
                person.tool == tool
                    && person.role.is_engineering()
                    && person.is_here(until - 1)
                    && uses_ai(&world.shape, &world.crowd, person, until - 1)
            });
            let seats = users.count();
            let mut draws = Draws::of(world.seed, "spend", number(first).unsigned_abs().into());
            let by_use = if tool == "claude-code" { draws.lognormal(60.0, 0.2) } else { 0.0 };
            let cost = format!("{:.2}", seats as f64 * (20.0 + by_use));
            if seats > 0 && from >= number(world.shape.pilot()) - 31 {
                table.row([month_text(first).as_str(), tool, &seats.to_string(), &cost, "USD", "0.92"]);
            }
        }
    }
    table
}

fn usage(world: &World) -> TableText {
    let mut table = TableText::new(
        "ai_usage",
        "person,day,tool,surface,definition_id,offered,accepted,accepted_auto,lines_offered,lines_accepted,sessions,active,\
         tokens_input,tokens_output,tokens_cached",
    );
    let (from, until) = (number(world.shape.pilot()), number(world.shape.until));
    for (position, person) in world.crowd.people.iter().enumerate().filter(|(_, person)| person.role.is_engineering()) {
        let mut draws = Draws::of(world.seed, "usage", position as u64);
        for day in from.max(person.hired())..person.left().unwrap_or(until).min(until) {
            if !is_working(day) || !uses_ai(&world.shape, &world.crowd, person, day) || !draws.chance(0.7) {
                continue;
            }
            let text = date(day).to_string();
            let offered = 5 + draws.below(60);
            let accepted = (offered as f64 * draws.between(0.2, 0.5)) as usize;
            let lines = offered * 3;
            let cells = [offered.to_string(), accepted.to_string(), lines.to_string(), (accepted * 3).to_string()];
            let sessions = (1 + draws.below(5)).to_string();
            if person.tool == "copilot" {
                table.row([
                    person.id.as_str(),
                    &text,
                    "copilot",
                    "completion",
                    "copilot-v2",
                    &cells[0],
                    &cells[1],
                    "",
                    &cells[2],
                    &cells[3],
                    "",
                    "true",
                    "",
                    "",
                    "",
                ]);
            } else {
                let auto = (accepted / 2).to_string();
                let output = 2_000 + draws.below(20_000);
                let tokens = [(output * 9).to_string(), output.to_string(), (output * 27).to_string()];
                let definition = if person.tool == "cursor" { "cursor-analytics-1" } else { "claude-code-analytics-2025" };
                table.row([
                    person.id.as_str(),
                    &text,
                    person.tool,
                    "agent",
                    definition,
                    &cells[0],
                    &cells[1],
                    &auto,
                    &cells[2],
                    &cells[3],
                    &sessions,
                    "",
                    &tokens[0],
                    &tokens[1],
                    &tokens[2],
                ]);
            }
        }
    }
    table
}
