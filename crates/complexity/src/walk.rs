//! One walk through the tree that measures every function. The stack is our own: trees are as deep as their files are hostile.

use tree_sitter::{Node, Tree};

use crate::language::Language;
use crate::role::{self, Role, Roles};
use crate::{Function, logic, name};

/// Fields in which a node holds its condition or its head, and not what depends on it.
const HEADS: &[&str] = &[
    "alias",
    "captures",
    "condition",
    "declarator",
    "exceptions",
    "filter",
    "increment",
    "init",
    "initialize",
    "initializer",
    "kind",
    "label",
    "left",
    "name",
    "parameter",
    "parameters",
    "pattern",
    "right",
    "subject",
    "type",
    "update",
    "value",
    "variable",
];
/// Kinds without a field that are heads all the same.
const HEAD_KINDS: &[&str] =
    &["for_clause", "range_clause", "when_subject", "label", "catch_formal_parameter", "catch_declaration"];

/// A node on the way to where the walk is.
#[derive(Clone, Copy)]
struct Frame {
    role: Role,
    /// How deep it stands itself.
    own: u32,
    /// How deep stands what depends on it.
    inner: u32,
    /// The last token of it was `else`.
    after_else: bool,
    /// An arm of it was met.
    has_arm: bool,
    /// Names that it put before those of functions.
    names: u32,
    /// It is a function that is measured by itself.
    is_unit: bool,
    /// Its logical operators were counted by a node above it.
    in_logic: bool,
}

/// A function that the walk is in.
struct Open {
    index: usize,
    /// Its own name, without those around it.
    name: String,
    is_recursive: bool,
}

struct Walk<'a> {
    roles: &'static Roles,
    language: Language,
    source: &'a [u8],
    frames: Vec<Frame>,
    names: Vec<String>,
    open: Vec<Open>,
    found: Vec<Function>,
}

/// Every function of a tree with a body.
pub fn functions(language: Language, tree: &Tree, source: &[u8]) -> Vec<Function> {
    let mut walk = Walk {
        roles: role::of(language),
        language,
        source,
        frames: Vec::new(),
        names: Vec::new(),
        open: Vec::new(),
        found: Vec::new(),
    };
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let (frame, enters) = walk.enter(node, cursor.field_name());
        if enters && cursor.goto_first_child() {
            walk.frames.push(frame);
            continue;
        }
        walk.leave(frame);
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return walk.found;
            }
            if let Some(frame) = walk.frames.pop() {
                walk.leave(frame);
            }
        }
    }
}

impl Walk<'_> {
    /// Counts a node, and says whether to go into it.
    fn enter(&mut self, node: Node<'_>, field: Option<&str>) -> (Frame, bool) {
        let role = self.roles.of(node.kind_id());
        let parent = self.frames.last().copied();
        let above = self.frames.iter().rev().nth(1).map(|frame| frame.role);
        // Ruby has a word of its own for what other languages spell `else if`.
        let after_else = self.language != Language::Ruby && parent.is_some_and(|parent| parent.after_else);
        if let Some(parent) = self.frames.last_mut()
            && !node.is_extra()
        {
            parent.after_else = role == Role::ElseToken;
        }
        let is_head = field.map_or_else(|| HEAD_KINDS.contains(&node.kind()), |field| HEADS.contains(&field));
        let in_chain = parent.is_some_and(|parent| matches!(parent.role, Role::If | Role::ElseIf | Role::Loop));
        let chains = match role {
            Role::ElseIf | Role::PreElseIf | Role::PreElse => true,
            Role::Else => in_chain,
            Role::If => after_else,
            _ => false,
        };
        // How deep it stands: as its parent where it belongs to the head or goes on with the chain, else in the parent's body.
        let own = parent.map_or(0, |parent| if is_head || chains { parent.own } else { parent.inner });
        let mut frame = Frame {
            role,
            own,
            inner: own,
            after_else: false,
            has_arm: false,
            names: 0,
            is_unit: false,
            in_logic: parent.is_some_and(|parent| parent.in_logic) && logic::is_chain(self.roles, node),
        };
        match role {
            Role::Unit if has_body(node) => {
                self.begin(node, &mut frame);
                return (frame, true);
            }
            Role::Container => {
                let own = name::of_container(node, self.source);
                if !own.is_empty() {
                    self.names.push(own);
                    frame.names = 1;
                }
                return (frame, true);
            }
            _ => {}
        }
        if self.open.is_empty() {
            return (frame, true);
        }
        // Operators in the type of a function of C++ decide when it is compiled, and not when it runs.
        let is_type = parent.is_some_and(|parent| parent.is_unit) && matches!(field, Some("type" | "declarator"));
        if is_type && matches!(self.language, Language::C | Language::Cpp) {
            return (frame, false);
        }
        let enters = self.count(node, role, parent, above, after_else, &mut frame);
        (frame, enters)
    }

    /// Counts a node of a function; whether what is in it counts too.
    fn count(
        &mut self,
        node: Node<'_>,
        role: Role,
        parent: Option<Frame>,
        above: Option<Role>,
        after_else: bool,
        frame: &mut Frame,
    ) -> bool {
        let deeper = frame.own + 1;
        let structure = frame.own + 1;
        let around = parent.map_or(Role::None, |parent| parent.role);
        match role {
            Role::If => {
                self.add(1, if after_else { 0 } else { structure });
                frame.inner = deeper;
            }
            Role::ElseIf => {
                self.add(1, 1);
                frame.inner = deeper;
            }
            Role::Else => {
                // What stands in the `else` of a chain is as deep as the rest of the chain.
                if matches!(around, Role::If | Role::ElseIf | Role::Loop) {
                    frame.inner = deeper;
                }
            }
            Role::LetElse if node.child_by_field_name("alternative").is_some() => {
                self.add(1, structure);
                frame.inner = deeper;
            }
            Role::Loop | Role::Catch | Role::Ternary | Role::PreIf => {
                self.add(1, structure);
                frame.inner = deeper;
            }
            Role::PreElseIf => {
                self.add(1, 1);
                frame.inner = deeper;
            }
            Role::PreElse => {
                self.add(0, 1);
                frame.inner = deeper;
            }
            Role::Endless | Role::Switch => {
                self.add(0, structure);
                frame.inner = deeper;
            }
            Role::Arm => {
                let is_first = self.frames.last_mut().is_none_or(|parent| !std::mem::replace(&mut parent.has_arm, true));
                self.add(u32::from(!is_first), 0);
            }
            Role::Case | Role::Try | Role::Assign => self.add(1, 0),
            Role::Guard if node.kind() != "match_pattern" || node.child_by_field_name("condition").is_some() => self.add(1, 0),
            Role::CaseToken if around != Role::Goto => self.add(1, 0),
            Role::Goto => self.add(0, 1),
            Role::Jump => self.add(0, u32::from(self.names_a_target(node))),
            Role::Lambda => frame.inner = deeper,
            Role::Binary if logic::is_logical(self.roles, node) => {
                if !frame.in_logic {
                    self.add(0, logic::sequences(self.roles, node));
                }
                frame.in_logic = true;
            }
            Role::And | Role::Or | Role::Elvis if !node.is_named() && around == Role::Binary => self.add(1, 0),
            Role::Or if around == Role::Tokens => {
                // `||` after a value is an operator, after anything else a closure without parameters.
                let is_operator =
                    node.prev_sibling().is_some_and(|before| before.is_named() && before.kind() != "mutable_specifier");
                self.add(u32::from(is_operator), 0);
            }
            Role::And | Role::DecisionToken | Role::QuestionToken if around == Role::Tokens => self.add(1, 0),
            Role::ElseToken => {
                let of_chain = match around {
                    Role::Else => matches!(above, Some(Role::If | Role::ElseIf | Role::Loop)),
                    around => around == Role::If,
                };
                self.add(0, u32::from(of_chain));
            }
            Role::Call => self.note_recursion(node),
            _ if node.kind() == "label" && self.language == Language::Kotlin => {
                // `break@outer`: the grammar makes one label of it.
                let text = name::text(node, self.source);
                self.add(0, u32::from(text.starts_with("break@") || text.starts_with("continue@")));
            }
            // The condition of a line of the preprocessor counts as one, whatever is in it.
            _ if matches!(around, Role::PreIf | Role::PreElseIf) && self.is_condition(node) => return false,
            _ => {}
        }
        !(matches!(around, Role::PreIf | Role::PreElseIf) && self.is_condition(node))
    }

    fn is_condition(&self, node: Node<'_>) -> bool {
        node.parent().and_then(|parent| parent.child_by_field_name("condition")).is_some_and(|own| own.id() == node.id())
    }

    fn add(&mut self, cyclomatic: u32, cognitive: u32) {
        if let Some(function) = self.open.last().and_then(|open| self.found.get_mut(open.index)) {
            function.cyclomatic = function.cyclomatic.saturating_add(cyclomatic);
            function.cognitive = function.cognitive.saturating_add(cognitive);
        }
    }

    /// Whether a jump names the loop that it leaves.
    fn names_a_target(&self, node: Node<'_>) -> bool {
        let Some(target) = node.named_child(0) else { return false };
        match self.language {
            Language::Rust => target.kind() == "label",
            // `break 1` is the plain one.
            Language::Php => name::text(target, self.source) != "1",
            _ => !target.is_extra(),
        }
    }

    /// A call of the function that it stands in counts once.
    fn note_recursion(&mut self, node: Node<'_>) {
        let Some(open) = self.open.last() else { return };
        if open.is_recursive || open.name.is_empty() {
            return;
        }
        let object = node.child_by_field_name("object").or_else(|| node.child_by_field_name("receiver"));
        let object = object.or_else(|| node.child_by_field_name("scope")).map(|object| name::text(object, self.source));
        if object.is_some_and(|object| !matches!(object.as_str(), "this" | "self" | "$this" | "static")) {
            return;
        }
        let called =
            ["function", "method", "name"].iter().find_map(|field| node.child_by_field_name(field)).or(node.named_child(0));
        let called = called.map(|called| name::text(called, self.source)).unwrap_or_default();
        let own = ["self.", "this.", "Self::", "this->"].iter().find_map(|prefix| called.strip_prefix(prefix)).unwrap_or(&called);
        if own == open.name {
            self.add(0, 1);
            if let Some(open) = self.open.last_mut() {
                open.is_recursive = true;
            }
        }
    }

    fn begin(&mut self, node: Node<'_>, frame: &mut Frame) {
        let own = name::of_function(node, self.source);
        let shown = if own.is_empty() { name::ANONYMOUS.to_owned() } else { own.clone() };
        self.names.push(shown);
        self.open.push(Open {
            index: self.found.len(),
            name: own.rsplit('.').next().unwrap_or_default().to_owned(),
            is_recursive: false,
        });
        self.found.push(Function {
            name: self.names.join("."),
            start: line(node.start_position().row),
            end: last_line(node),
            cyclomatic: 1,
            cognitive: 0,
            is_broken: is_broken(node),
        });
        *frame = Frame { own: 0, inner: 0, names: 1, is_unit: true, in_logic: false, ..*frame };
    }

    fn leave(&mut self, frame: Frame) {
        self.names.truncate(self.names.len().saturating_sub(frame.names as usize));
        if frame.is_unit {
            self.open.pop();
        }
    }
}

/// Whether a function has a body: a declaration alone is none.
fn has_body(node: Node<'_>) -> bool {
    bodies(node).next().is_some() && is_declared(node)
}

/// Whether the grammar could not read what decides on the complexity. What it did not understand before the name, such as a
/// macro in front of a function of C++, is of no matter.
fn is_broken(node: Node<'_>) -> bool {
    let initializers = children(node).filter(|child| child.kind() == "field_initializer_list");
    bodies(node).chain(initializers).any(|part| part.has_error())
}

fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    (0..node.named_child_count() as u32).filter_map(move |at| node.named_child(at))
}

fn bodies(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let named = node.child_by_field_name("body");
    let has_name = named.is_some();
    let others = children(node).filter(move |child| !has_name && matches!(child.kind(), "function_body" | "block"));
    named.into_iter().chain(others)
}

/// Of what C and C++ take for a function: whether it has parameters. `class EXPORT Name { ... }` has none.
fn is_declared(node: Node<'_>) -> bool {
    let mut declarator = node.child_by_field_name("declarator");
    if declarator.is_none() {
        return node.kind() != "function_definition" || node.child_by_field_name("parameters").is_some();
    }
    while let Some(inner) = declarator {
        if matches!(inner.kind(), "function_declarator" | "operator_cast") {
            return true;
        }
        declarator = inner.child_by_field_name("declarator").or_else(|| children(inner).last());
    }
    false
}

fn line(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX).saturating_add(1)
}

/// The last line of a node; one that ends with a line break ends on the line before.
fn last_line(node: Node<'_>) -> u32 {
    let (start, end) = (node.start_position(), node.end_position());
    if end.column == 0 && end.row > start.row { line(end.row - 1) } else { line(end.row) }
}
