//! The names of functions, and of what stands around them.

use tree_sitter::Node;

/// Names are cut here, characters: a name is for finding a function, and generated ones have no end.
const LONGEST: usize = 200;
/// Steps down a declarator of C: pointers, arrays, parentheses.
const DEEPEST: usize = 64;

/// What a function without a name is called.
pub const ANONYMOUS: &str = "(anonymous)";

/// The text of a node on one line, white space as single blanks.
pub fn text(node: Node<'_>, source: &[u8]) -> String {
    let bytes = source.get(node.byte_range()).unwrap_or_default();
    // Four bytes hold the longest character.
    let bytes = bytes.get(..LONGEST * 4).unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.split_whitespace();
    let mut joined = words.next().unwrap_or_default().to_owned();
    for word in words {
        joined.push(' ');
        joined.push_str(word);
    }
    match joined.char_indices().nth(LONGEST) {
        Some((at, _)) => joined.get(..at).unwrap_or_default().to_owned(),
        None => joined,
    }
}

/// The name of a type, module or namespace, without its type parameters.
pub fn of_container(node: Node<'_>, source: &[u8]) -> String {
    let named = node.child_by_field_name("name").or_else(|| node.child_by_field_name("type"));
    named.map(|node| plain(&text(node, source))).unwrap_or_default()
}

/// The name of a function; empty where it has none.
pub fn of_function(node: Node<'_>, source: &[u8]) -> String {
    if let Some(receiver) = node.child_by_field_name("receiver") {
        // Go: `func (p *Parser) Next()`.
        let own = node.child_by_field_name("name").map(|name| text(name, source)).unwrap_or_default();
        let receiver = text(receiver, source);
        let inner = receiver.trim_matches(['(', ')', ' ']);
        let of = plain(inner.rsplit([' ', '*']).next().unwrap_or_default());
        return if of.is_empty() { own } else { format!("{of}.{own}") };
    }
    if let Some(name) = node.child_by_field_name("name") {
        return text(name, source);
    }
    if let Some(operator) = node.child_by_field_name("operator") {
        return format!("operator {}", text(operator, source));
    }
    if let Some(declarator) = node.child_by_field_name("declarator") {
        return of_declarator(declarator, source);
    }
    match node.kind() {
        "getter" | "setter" => format!("{}.{}", of_property(node, source), if node.kind() == "getter" { "get" } else { "set" }),
        "secondary_constructor" => "constructor".to_owned(),
        "conversion_operator_declaration" => {
            let of = node.child_by_field_name("type").map(|of| text(of, source)).unwrap_or_default();
            format!("operator {of}")
        }
        _ => of_binding(node, source),
    }
}

/// The name in a declarator of C or C++.
fn of_declarator(declarator: Node<'_>, source: &[u8]) -> String {
    let mut node = declarator;
    for _ in 0..DEEPEST {
        let inner = node.child_by_field_name("declarator").or_else(|| {
            let grouping = matches!(node.kind(), "reference_declarator" | "parenthesized_declarator" | "attributed_declarator");
            if grouping { node.named_child(node.named_child_count().saturating_sub(1) as u32) } else { None }
        });
        if node.kind() == "operator_cast" {
            break;
        }
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    let name = text(node, source);
    if node.kind() == "operator_cast" || name.contains("operator ") {
        return name.split('(').next().unwrap_or_default().trim().to_owned();
    }
    name.replace("::", ".")
}

/// The property that an accessor of Kotlin belongs to: in it, or before it.
fn of_property(node: Node<'_>, source: &[u8]) -> String {
    let property = node.parent().filter(|parent| parent.kind() == "property_declaration");
    let mut property = property.or_else(|| node.prev_named_sibling());
    while let Some(before) = property.filter(|before| matches!(before.kind(), "getter" | "setter")) {
        property = before.prev_named_sibling();
    }
    let Some(property) = property.filter(|property| property.kind() == "property_declaration") else { return String::new() };
    let variable = (0..property.named_child_count() as u32)
        .filter_map(|at| property.named_child(at))
        .find(|child| child.kind() == "variable_declaration");
    variable.and_then(|variable| variable.named_child(0)).map(|name| text(name, source)).unwrap_or_default()
}

/// The name to which a function without one is bound: a variable, a property, a field.
fn of_binding(node: Node<'_>, source: &[u8]) -> String {
    let Some(parent) = node.parent() else { return String::new() };
    let field = match parent.kind() {
        "variable_declarator" | "public_field_definition" => "name",
        "pair" => "key",
        "field_definition" => "property",
        "assignment_expression" => "left",
        _ => return String::new(),
    };
    let bound = parent.child_by_field_name(field).filter(|bound| bound.id() != node.id());
    bound.map(|name| text(name, source).trim_matches(['"', '\'']).to_owned()).unwrap_or_default()
}

/// A name without type parameters.
fn plain(name: &str) -> String {
    name.split(['<', '[']).next().unwrap_or_default().trim().to_owned()
}
