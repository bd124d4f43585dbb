//! Who is in which arm: teams that the plan names, draws of the ledger, or the table `assignments`.

use std::collections::BTreeMap;

use candor_catalogue::Session;
use candor_experiment::assign::Roll;
use candor_experiment::ledger::Chain;
use candor_experiment::plan::{Design, Plan, UnitKind};
use jiff::civil::Date;

use crate::failure::Failure;

/// A unit as it was assigned.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Place of its arm in the plan.
    pub arm: usize,
    /// Within what it was drawn, as a code.
    pub stratum: usize,
    /// Whether it did as it was told.
    pub complied: Option<bool>,
    /// For a roll-out: the day on which it begins.
    pub begins: Option<Date>,
}

/// The units of a plan.
#[derive(Debug, Default)]
pub struct Arms {
    /// By unit.
    pub units: BTreeMap<String, Unit>,
    /// Units that the ledger drew into another arm than the table says.
    pub contradicted: Vec<String>,
    /// Arms of the table that the plan does not know.
    pub unknown: Vec<String>,
}

/// Place of the control among the arms.
pub fn control(plan: &Plan) -> usize {
    plan.design.arms.iter().position(|arm| *arm == plan.design.control).unwrap_or(0)
}

/// The units of a plan as they were assigned before `as_of`.
pub fn arms(plan: &Plan, chain: &Chain, session: &Session) -> Result<Arms, Failure> {
    let mut found = Arms::default();
    match plan.design.kind {
        Design::Observational => {}
        Design::ControlTeam => found = named(plan),
        Design::TaskRct | Design::WithinTeam | Design::Cluster | Design::Staggered => drawn(plan, chain, session, &mut found)?,
    }
    Ok(found)
}

/// The teams that a plan names.
pub fn named(plan: &Plan) -> Arms {
    let mut found = Arms::default();
    let control = control(plan);
    let other = (0..plan.design.arms.len()).find(|arm| *arm != control).unwrap_or(control + 1);
    for (teams, arm) in [(&plan.design.control_teams, control), (&plan.design.treated_teams, other)] {
        let unit = |team: &String| (team.clone(), Unit { arm, stratum: 0, complied: None, begins: None });
        found.units.extend(teams.iter().map(unit));
    }
    found
}

fn drawn(plan: &Plan, chain: &Chain, session: &Session, found: &mut Arms) -> Result<(), Failure> {
    let mut strata: BTreeMap<String, usize> = BTreeMap::new();
    let mut code = |stratum: &str| {
        let next = strata.len();
        *strata.entry(stratum.to_owned()).or_insert(next)
    };
    let as_of = session.settings().as_of;
    let arm = |name: &str| -> Option<(usize, Option<Date>)> {
        if plan.design.kind == Design::Staggered {
            let day: Date = name.parse().ok()?;
            let control = control(plan);
            let other = (0..2).find(|arm| *arm != control).unwrap_or(1);
            return Some((if day < as_of { other } else { control }, Some(day)));
        }
        plan.design.arms.iter().position(|own| own == name).map(|place| (place, None))
    };
    let mut unknown: Vec<String> = Vec::new();
    let until = session.calendar().window().1;
    let own = Roll::of(chain, &plan.id).drawn;
    for drawn in own.iter().filter(|drawn| drawn.assigned_at.as_microsecond() < until) {
        match arm(&drawn.arm) {
            Some((arm, begins)) => {
                let unit = Unit { arm, stratum: code(&drawn.stratum), complied: None, begins };
                found.units.insert(drawn.unit.clone(), unit);
            }
            None => unknown.push(drawn.arm.clone()),
        }
    }
    let is_drawn_here = !found.units.is_empty();
    let sql = format!(
        "SELECT a.unit, a.arm, a.stratum, a.complied FROM settings s CROSS JOIN assignments a WHERE a.experiment = '{}' AND a.assigned_at < s.as_of_at ORDER BY a.unit",
        plan.id.replace('\'', "''")
    );
    let rows = session.rows("assignments", &sql)?;
    for row in 0..rows.rows {
        let (Some(unit), Some(name)) = (rows.name("unit", row), rows.name("arm", row)) else { continue };
        let complied = rows.number("complied", row).map(|complied| complied != 0.0);
        match (arm(name), found.units.get_mut(unit)) {
            (Some((arm, _)), Some(known)) => {
                if known.arm != arm {
                    found.contradicted.push(unit.to_owned());
                }
                known.complied = complied;
            }
            // What the ledger drew decides; a unit that it does not know was drawn by nobody.
            (Some(_), None) if is_drawn_here => found.contradicted.push(unit.to_owned()),
            (Some((arm, begins)), None) => {
                let stratum = code(rows.name("stratum", row).unwrap_or_default());
                found.units.insert(unit.to_owned(), Unit { arm, stratum, complied, begins });
            }
            (None, _) => unknown.push(name.to_owned()),
        }
    }
    unknown.sort();
    unknown.dedup();
    found.unknown = unknown;
    Ok(())
}

/// The units of changes and items: of each change and item the work item that was drawn.
pub fn work_items(session: &Session, arms: &Arms) -> Result<BTreeMap<String, String>, Failure> {
    let rows = session
        .rows("changes of work items", "SELECT tracker, key, change FROM work_item_changes ORDER BY tracker, key, change")?;
    let mut found = BTreeMap::new();
    for row in 0..rows.rows {
        let (Some(tracker), Some(key), Some(change)) =
            (rows.name("tracker", row), rows.name("key", row), rows.name("change", row))
        else {
            continue;
        };
        let names = [format!("{tracker} {key}"), key.to_owned(), format!("{tracker}/{key}")];
        if let Some(unit) = names.iter().find(|name| arms.units.contains_key(*name)) {
            for name in &names {
                found.insert(name.clone(), unit.clone());
            }
            found.insert(change.to_owned(), unit.clone());
        }
    }
    for unit in arms.units.keys() {
        // An item without a change is there by its own name.
        found.entry(unit.clone()).or_insert_with(|| unit.clone());
    }
    Ok(found)
}

/// Whether the plan assigns whole teams.
pub fn by_team(plan: &Plan) -> bool {
    plan.design.kind.assigns_teams() || (plan.design.kind != Design::Observational && plan.design.unit == UnitKind::Team)
}
