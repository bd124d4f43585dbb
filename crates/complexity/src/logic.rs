//! Sequences of logical operators: `a && b && c` is one, `a && b || c` two.

use tree_sitter::{Node, TreeCursor};

use crate::role::{Role, Roles};

/// Number of sequences of like operators in the expression at `top`, which is an operator with operands.
///
/// Parentheses group and change nothing; anything else between two operators, such as a negation, begins anew, and its own
/// operators are counted where the walk meets them.
///
/// # Source
/// Campbell 2018, "Sequences of logical operators".
pub fn sequences(roles: &Roles, top: Node<'_>) -> u32 {
    let (mut count, mut last) = (0, Role::None);
    let mut cursor: TreeCursor<'_> = top.walk();
    loop {
        let node = cursor.node();
        let role = roles.of(node.kind_id());
        let inside = matches!(role, Role::Binary | Role::Parentheses);
        if matches!(role, Role::And | Role::Or) {
            if role != last {
                count += 1;
            }
            last = role;
        }
        if inside && is_chain(roles, node) && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return count;
            }
        }
    }
}

/// Whether a node can hold operators of one expression: a logical operator, or what only groups.
pub fn is_chain(roles: &Roles, node: Node<'_>) -> bool {
    match roles.of(node.kind_id()) {
        Role::Parentheses => true,
        Role::Binary => is_logical(roles, node),
        _ => false,
    }
}

/// Whether an operator with operands is a logical one.
pub fn is_logical(roles: &Roles, node: Node<'_>) -> bool {
    // The operator stands second, and where comments stand between, near it.
    (1..node.child_count().min(8)).any(|at| {
        node.child(at).is_some_and(|child| matches!(roles.of(child.kind_id()), Role::And | Role::Or) && !child.is_named())
    })
}
