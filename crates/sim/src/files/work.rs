//! Changes, reviews, deployments, incidents and items.

use rustc_hash::FxHashMap;

use crate::World;
use crate::days::time_text;
use crate::table::{TableText, or_empty};
use crate::work::review::AI_REVIEWER;
use crate::work::{Change, Kind};
use crate::world::CONTEXTS;

pub fn files(world: &World, commits: &FxHashMap<usize, &str>) -> Vec<TableText> {
    let mut all = vec![pull_requests(world, commits), reviews(world), review_comments(world)];
    all.extend([deployments(world), incidents(world)]);
    all.extend(items(world));
    all
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn pull_requests(world: &World, commits: &FxHashMap<usize, &str>) -> TableText {
    let mut table = TableText::new(
        "pull_requests",
        "repo,number,author,title,created_at,ready_at,first_commit_at,merged_at,closed_at,merge_commit,additions,deletions,files,draft,\
         labels,reverts,pushes_after_review,ai_lines,classified_lines,context,explains_why,explains_what,explains_risk,explains_tests",
    );
    let mut order: Vec<usize> = (0..world.changes.len()).collect();
    order.sort_by_key(|at| world.changes.get(*at).map(|change| (change.repo, change.number)));
    for position in order {
        let Some(change) = world.changes.get(position) else { continue };
        let is_merged = change.merged < world.end();
        let is_ready = change.ready < world.end();
        let merged = if is_merged { time_text(change.merged) } else { String::new() };
        let (ai, classified) = change.classified().map_or((None, None), |(ai, all)| (Some(ai), Some(all)));
        let reverts = match change.kind {
            Kind::Revert(of) => or_empty(world.changes.get(of).map(|of| of.number)),
            _ => String::new(),
        };
        let cells = [
            change.number.to_string(),
            time_text(change.created),
            if is_ready { time_text(change.ready) } else { String::new() },
            time_text(change.first_commit.min(change.created)),
            change.additions().to_string(),
            change.deletions.to_string(),
            (1 + change.additions() / 90).to_string(),
            or_empty(ai),
            or_empty(classified),
        ];
        table.row([
            world.repo(change.repo),
            &cells[0],
            world.person(change.author),
            &title(change),
            &cells[1],
            &cells[2],
            &cells[3],
            &merged,
            &merged,
            commits.get(&position).copied().unwrap_or_default(),
            &cells[4],
            &cells[5],
            &cells[6],
            truth(!is_ready),
            "",
            &reverts,
            "",
            &cells[7],
            &cells[8],
            CONTEXTS.get(change.context).copied().unwrap_or_default(),
            truth(change.explains[0]),
            truth(change.explains[1]),
            truth(change.explains[2]),
            truth(change.explains[3]),
        ]);
    }
    table
}

fn title(change: &Change) -> String {
    let context = CONTEXTS.get(change.context).copied().unwrap_or_default().replace('_', " ");
    match change.kind {
        Kind::Feature => format!("feat: extend {context}"),
        Kind::Chore => format!("refactor: tidy up {context}"),
        Kind::Fix => format!("fix: mend {context}"),
        Kind::Revert(_) => format!("Revert a change of {context}"),
    }
}

fn reviews(world: &World) -> TableText {
    let mut table = TableText::new("reviews", "id,repo,number,reviewer,state,submitted_at,minutes,commit");
    for (position, review) in world.reviews.iter().enumerate() {
        let Some(change) = world.changes.get(review.change) else { continue };
        let cells = [format!("r{position}"), change.number.to_string(), time_text(review.at), or_empty(review.minutes)];
        let reviewer = world.person(review.reviewer);
        table.row([cells[0].as_str(), world.repo(change.repo), &cells[1], reviewer, review.state, &cells[2], &cells[3], ""]);
    }
    table
}

fn review_comments(world: &World) -> TableText {
    let mut table = TableText::new("review_comments", "id,repo,number,reviewer,submitted_at,path,line,in_reply_to");
    for (position, comment) in world.comments.iter().enumerate() {
        let Some(change) = world.changes.get(comment.change) else { continue };
        let reply = comment.reply_to.map_or_else(String::new, |to| format!("c{to}"));
        let cells = [format!("c{position}"), change.number.to_string(), time_text(comment.at)];
        let writer = comment.writer.map_or(AI_REVIEWER, |writer| world.person(writer));
        table.row([cells[0].as_str(), world.repo(change.repo), &cells[1], writer, &cells[2], "", "", &reply]);
    }
    table
}

fn deployments(world: &World) -> TableText {
    let mut table = TableText::new(
        "deployments",
        "id,service,repo,environment,started_at,finished_at,status,pull_requests,is_rollback,is_hotfix,remediates",
    );
    for (position, deployment) in world.deployments.iter().enumerate() {
        let repo = world.repo(deployment.repo);
        let service = repo.rsplit('/').next().unwrap_or_default();
        let changes: Vec<String> = deployment.changes.iter().map(|change| world.change(*change)).collect();
        let (repairs, is_rollback) =
            deployment.repairs.map_or((String::new(), None), |(of, back)| (format!("d{of}"), Some(back)));
        table.row([
            format!("d{position}").as_str(),
            service,
            repo,
            deployment.environment,
            &time_text(deployment.started),
            &time_text(deployment.finished),
            deployment.status,
            &changes.join(";"),
            truth(is_rollback == Some(true)),
            truth(is_rollback == Some(false)),
            &repairs,
        ]);
    }
    table
}

fn incidents(world: &World) -> TableText {
    let mut table = TableText::new(
        "incidents",
        "id,severity,service,kind,status,triggered_at,acknowledged_at,resolved_at,responder,responders,caused_by,customer_impact",
    );
    for (position, incident) in world.incidents.iter().enumerate() {
        let repo = world.repo(incident.repo);
        let cells = [
            format!("i{position}"),
            time_text(incident.triggered),
            or_empty(incident.acknowledged.map(time_text)),
            or_empty(incident.resolved.map(time_text)),
            or_empty(incident.cause.map(|cause| world.change(cause))),
        ];
        let responder = incident.responder.map_or("", |person| world.person(person));
        let service = repo.rsplit('/').next().unwrap_or_default();
        let hurts = truth(matches!(incident.severity, "critical" | "high"));
        table.row([
            cells[0].as_str(),
            incident.severity,
            service,
            incident.kind,
            "confirmed",
            &cells[1],
            &cells[2],
            &cells[3],
            responder,
            responder,
            &cells[4],
            hurts,
        ]);
    }
    table
}

fn items(world: &World) -> [TableText; 2] {
    let mut items = TableText::new(
        "work_items",
        "tracker,key,type,points,is_revenue_feature,severity,reported_by_customer,assignee,team,created_at,started_at,done_at,\
         released_at,resolution,pull_requests",
    );
    let mut moves = TableText::new("work_item_transitions", "tracker,key,at,from_status,to_status,to_category,actor");
    for (position, item) in world.items.iter().enumerate() {
        let key = format!("ACME-{}", position + 1);
        let assignee = item.assignee.map_or("", |person| world.person(person));
        let changes: Vec<String> = item.changes.iter().map(|change| world.change(*change)).collect();
        let earns = if item.kind == "feature" { truth(item.earns) } else { "" };
        items.row([
            "jira",
            &key,
            item.kind,
            &or_empty(item.points),
            earns,
            item.severity.unwrap_or_default(),
            if item.kind == "bug" { truth(item.by_customer) } else { "" },
            assignee,
            world.team(item.team),
            &time_text(item.created),
            &or_empty(item.started.map(time_text)),
            &or_empty(item.done.map(time_text)),
            &or_empty(item.released.map(time_text)),
            if item.done.is_some() { "done" } else { "" },
            &changes.join(";"),
        ]);
        let mut step = |at: i64, from: &str, to: &str, category: &str| {
            moves.row(["jira", &key, &time_text(at), from, to, category, assignee]);
        };
        step(item.created, "", "Open", "todo");
        if let Some(started) = item.started {
            step(started, "Open", "In Progress", "in_progress");
        }
        if let Some(done) = item.done {
            step(done, "In Progress", "Done", "done");
        }
    }
    [items, moves]
}
