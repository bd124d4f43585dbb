//! Teams, repositories, people and where they worked.

use crate::World;
use crate::days::date;
use crate::table::{TableText, or_empty};

pub fn files(world: &World) -> Vec<TableText> {
    vec![people(world), identities(world), employment(world), teams(world), repositories(world), coverage(world)]
}

fn people(world: &World) -> TableText {
    let mut table = TableText::new("people", "person,name,manager,professional_since,country");
    for (position, person) in world.crowd.people.iter().enumerate() {
        let lead = world.crowd.teams.get(person.team).and_then(|team| team.lead).filter(|lead| *lead != position);
        let lead = lead.map_or("", |lead| world.person(lead));
        let since = date(person.since).to_string();
        table.row([person.id.as_str(), &person.name, lead, &since, person.country]);
    }
    table
}

fn identities(world: &World) -> TableText {
    let mut table = TableText::new("identities", "kind,value,person");
    for person in &world.crowd.people {
        let login = person.email.split('@').next().unwrap_or_default().replace('.', "-");
        table.row(["email", &person.email, &person.id]);
        table.row(["github", &login, &person.id]);
    }
    table
}

fn employment(world: &World) -> TableText {
    let mut table = TableText::new("employment", "person,valid_from,valid_until,role,level,team,fte,end_reason");
    for person in &world.crowd.people {
        for job in &person.jobs {
            let (from, until) = (date(job.from).to_string(), or_empty(job.until.map(date)));
            let level = if person.role.is_engineering() { job.level } else { "" };
            let reason = job.end_reason.unwrap_or_default();
            table.row([person.id.as_str(), &from, &until, person.role.word(), level, world.team(person.team), "1", reason]);
        }
    }
    table
}

fn teams(world: &World) -> TableText {
    let mut table = TableText::new("teams", "team,valid_from,name,parent,lead,business,ai_policy,is_control");
    table.row(["engineering", "", "Engineering", "", "", "", "", ""]);
    let pilot = world.shape.pilot().to_string();
    for team in &world.crowd.teams {
        let lead = team.lead.map_or("", |lead| world.person(lead));
        let control = if team.is_control { "true" } else { "false" };
        table.row([team.id.as_str(), "", &team.name, "engineering", lead, team.business, "restricted", control]);
        if !team.is_control {
            table.row([team.id.as_str(), &pilot, &team.name, "engineering", lead, team.business, "permissive", control]);
        }
    }
    table
}

fn repositories(world: &World) -> TableText {
    let mut table = TableText::new("repositories", "repo,business,team,default_branch,archived");
    for repo in &world.crowd.repos {
        table.row([repo.id.as_str(), repo.business, world.team(repo.team), "main", "false"]);
    }
    table
}

fn coverage(world: &World) -> TableText {
    let mut table = TableText::new("attribution_coverage", "team,source,valid_from,valid_until,complete");
    // From long before the window: changes of its first weeks were opened before it.
    let from = crate::days::months_after(world.shape.start(), -12).to_string();
    for team in world.crowd.teams.iter().filter(|team| team.is_complete) {
        table.row([team.id.as_str(), "trailers", &from, "", "true"]);
    }
    table
}
