//! What an amendment changes, value by value.

use serde_json::Value;

use crate::ledger::Change;

/// Differences between two plans in canonical form, in the order of their paths.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (before, after) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            let mut keys: Vec<&String> = left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))).collect();
            keys.sort();
            for key in keys {
                compare(&join(key), left.get(key), right.get(key), found);
            }
        }
        // Lists of named things are compared by name, so that a new one in the middle does not change all that follow.
        (Some(Value::Array(left)), Some(Value::Array(right))) if is_named(left) && is_named(right) => {
            let mut names: Vec<&str> = left.iter().filter_map(name).collect();
            names.extend(right.iter().filter_map(name).filter(|name| !left.iter().any(|item| self::name(item) == Some(name))));
            for one in names {
                let find = |items: &'_ [Value]| items.iter().position(|item| name(item) == Some(one));
                let (from, to) = (find(left).and_then(|i| left.get(i)), find(right).and_then(|i| right.get(i)));
                compare(&format!("{path}[{one}]"), from, to, found);
            }
        }
        (before, after) => found.push(Change { path: path.to_owned(), from: before.cloned(), to: after.cloned() }),
    }
}

fn name(item: &Value) -> Option<&str> {
    item.get("id").or_else(|| item.get("name")).and_then(Value::as_str)
}

fn is_named(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| name(item).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_new_item_changes_itself_alone() {
        let before = json!({ "criteria": [{ "id": "a", "margin": 0.1 }, { "id": "b", "margin": 0.2 }], "x": 1 });
        let after = json!({ "criteria": [{ "id": "c", "margin": 0.3 }, { "id": "a", "margin": 0.05 }, { "id": "b", "margin": 0.2 }], "x": 1 });
        let found = differences(&before, &after);
        let paths: Vec<&str> = found.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["criteria[a].margin", "criteria[c]"]);
        assert_eq!((found[0].from.clone(), found[0].to.clone()), (Some(json!(0.1)), Some(json!(0.05))));
        assert_eq!(found[1].from, None);
        assert!(differences(&before, &before).is_empty());
    }
}
