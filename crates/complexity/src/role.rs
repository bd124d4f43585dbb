//! What a kind of node means for complexity, language by language: the tables of the count.

use std::sync::LazyLock;

use crate::language::Language;

/// The part that a node plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// None of its own.
    None,
    /// A function that is measured by itself, where it has a body.
    Unit,
    /// A function without a name that counts in the one around it, one level deeper.
    Lambda,
    /// A type, module or namespace: its name stands before those of its functions.
    Container,
    /// `if`, `unless`.
    If,
    /// `elif`, `elsif`, `elseif`: a further condition of the same chain.
    ElseIf,
    /// A node that is the `else` of what it stands in.
    Else,
    /// A declaration that may have an `else`.
    LetElse,
    /// A choice among cases; the cases are counted one by one.
    Switch,
    /// One case that holds no token `case`.
    Case,
    /// One arm of a choice all of whose arms are expressions: the first one is no decision.
    Arm,
    /// A condition on a case, or in a comprehension.
    Guard,
    /// A loop with a condition.
    Loop,
    /// A loop without one.
    Endless,
    /// A handler of exceptions.
    Catch,
    /// A conditional expression.
    Ternary,
    /// Returns early where a value is an error.
    Try,
    /// A jump to a label.
    Goto,
    /// Leaves or repeats a loop: of this one it is free, of a named one it counts.
    Jump,
    /// An operator with operands, which may be logical.
    Binary,
    /// What only groups.
    Parentheses,
    /// A call of a function.
    Call,
    /// A condition of the preprocessor.
    PreIf,
    /// A further condition of the preprocessor.
    PreElseIf,
    /// The `else` of the preprocessor.
    PreElse,
    /// Tokens of a macro, whose structure is not known.
    Tokens,
    /// `case`.
    CaseToken,
    /// `else`.
    ElseToken,
    /// `if`, `while` or `for` among the tokens of a macro; `if` of a guard.
    DecisionToken,
    /// `?` among the tokens of a macro.
    QuestionToken,
    /// `&&`, `and`.
    And,
    /// `||`, `or`.
    Or,
    /// `||=`: assigns only where a condition holds.
    Assign,
    /// `??`, `?:` between two operands: a decision, but no logical operator of the cognitive count.
    Elvis,
}

/// The roles of a grammar by the number of a kind.
#[derive(Debug)]
pub struct Roles(Vec<Role>);

impl Roles {
    fn new(language: Language) -> Self {
        let grammar = language.grammar();
        let (kinds, tokens) = (nodes(language), tokens(language));
        let role = |id: u16| {
            let name = grammar.node_kind_for_id(id).unwrap_or_default();
            let table = if grammar.node_kind_is_named(id) { kinds } else { tokens };
            table.iter().find(|(_, names)| names.contains(&name)).map_or(Role::None, |(role, _)| *role)
        };
        let count = u16::try_from(grammar.node_kind_count()).unwrap_or(u16::MAX);
        Self((0..count).map(role).collect())
    }

    /// The role of a kind.
    pub fn of(&self, kind: u16) -> Role {
        self.0.get(usize::from(kind)).copied().unwrap_or(Role::None)
    }
}

/// The roles of a language, made once.
pub fn of(language: Language) -> &'static Roles {
    macro_rules! once {
        ($($name:ident),*) => {
            match language {
                $(Language::$name => {
                    static ROLES: LazyLock<Roles> = LazyLock::new(|| Roles::new(Language::$name));
                    &ROLES
                })*
            }
        };
    }
    once!(C, CHeader, Cpp, CSharp, Go, Java, JavaScript, Kotlin, Php, Python, Ruby, Rust, TypeScript, Tsx)
}

type Table = &'static [(Role, &'static [&'static str])];

use Role::{
    And, Arm, Assign, Binary, Call, Case, CaseToken, Catch, Container, DecisionToken, Else, ElseIf, ElseToken, Elvis, Endless,
    Goto, Guard, If, Jump, Lambda, LetElse, Loop, Or, Parentheses, PreElse, PreElseIf, PreIf, QuestionToken, Switch, Ternary,
    Tokens, Try, Unit,
};

/// Kinds with a name.
fn nodes(language: Language) -> Table {
    match language {
        Language::C | Language::CHeader | Language::Cpp => &[
            (Unit, &["function_definition"]),
            (Lambda, &["lambda_expression"]),
            (Container, &["class_specifier", "struct_specifier", "union_specifier", "namespace_definition"]),
            (If, &["if_statement"]),
            (Else, &["else_clause"]),
            (Switch, &["switch_statement"]),
            (Loop, &["while_statement", "do_statement", "for_statement", "for_range_loop"]),
            (Catch, &["catch_clause", "seh_except_clause"]),
            (Ternary, &["conditional_expression"]),
            (Goto, &["goto_statement"]),
            (Binary, &["binary_expression"]),
            (Parentheses, &["parenthesized_expression"]),
            (Call, &["call_expression"]),
            (PreIf, &["preproc_if", "preproc_ifdef"]),
            (PreElseIf, &["preproc_elif", "preproc_elifdef"]),
            (PreElse, &["preproc_else"]),
        ],
        Language::CSharp => &[
            (
                Unit,
                &[
                    "method_declaration",
                    "constructor_declaration",
                    "destructor_declaration",
                    "operator_declaration",
                    "conversion_operator_declaration",
                    "accessor_declaration",
                    "local_function_statement",
                ],
            ),
            (Lambda, &["lambda_expression", "anonymous_method_expression"]),
            (
                Container,
                &[
                    "class_declaration",
                    "struct_declaration",
                    "interface_declaration",
                    "record_declaration",
                    "namespace_declaration",
                    "property_declaration",
                    "event_declaration",
                ],
            ),
            (If, &["if_statement"]),
            (Switch, &["switch_statement", "switch_expression"]),
            (Arm, &["switch_expression_arm"]),
            (Guard, &["when_clause", "catch_filter_clause"]),
            (Loop, &["while_statement", "do_statement", "for_statement", "foreach_statement"]),
            (Catch, &["catch_clause"]),
            (Ternary, &["conditional_expression"]),
            (Goto, &["goto_statement"]),
            (Binary, &["binary_expression"]),
            (Parentheses, &["parenthesized_expression"]),
            (Call, &["invocation_expression"]),
            (PreIf, &["preproc_if"]),
            (PreElseIf, &["preproc_elif"]),
            (PreElse, &["preproc_else"]),
        ],
        Language::Go => &[
            (Unit, &["function_declaration", "method_declaration", "func_literal"]),
            (If, &["if_statement"]),
            (Switch, &["expression_switch_statement", "type_switch_statement", "select_statement"]),
            (Loop, &["for_statement"]),
            (Goto, &["goto_statement"]),
            (Jump, &["break_statement", "continue_statement"]),
            (Binary, &["binary_expression"]),
            (Parentheses, &["parenthesized_expression"]),
            (Call, &["call_expression"]),
        ],
        Language::Java => &[
            (Unit, &["method_declaration", "constructor_declaration", "compact_constructor_declaration"]),
            (Lambda, &["lambda_expression"]),
            (
                Container,
                &[
                    "class_declaration",
                    "interface_declaration",
                    "enum_declaration",
                    "record_declaration",
                    "annotation_type_declaration",
                ],
            ),
            (If, &["if_statement"]),
            (Switch, &["switch_expression"]),
            (Guard, &["guard"]),
            (Loop, &["while_statement", "do_statement", "for_statement", "enhanced_for_statement"]),
            (Catch, &["catch_clause"]),
            (Ternary, &["ternary_expression"]),
            (Jump, &["break_statement", "continue_statement"]),
            (Binary, &["binary_expression"]),
            (Parentheses, &["parenthesized_expression"]),
            (Call, &["method_invocation"]),
        ],
        Language::JavaScript | Language::TypeScript | Language::Tsx => &[
            (
                Unit,
                &[
                    "function_declaration",
                    "function_expression",
                    "generator_function",
                    "generator_function_declaration",
                    "arrow_function",
                    "method_definition",
                ],
            ),
            (Container, &["class_declaration", "class", "abstract_class_declaration", "internal_module", "module"]),
            (If, &["if_statement"]),
            (Else, &["else_clause"]),
            (Switch, &["switch_statement"]),
            (Loop, &["while_statement", "do_statement", "for_statement", "for_in_statement"]),
            (Catch, &["catch_clause"]),
            (Ternary, &["ternary_expression"]),
            (Jump, &["break_statement", "continue_statement"]),
            (Binary, &["binary_expression"]),
            (Parentheses, &["parenthesized_expression"]),
            (Call, &["call_expression"]),
        ],
        Language::Kotlin => &[
            (Unit, &["function_declaration", "getter", "setter", "secondary_constructor"]),
            (Lambda, &["lambda_literal", "anonymous_function"]),
            (Container, &["class_declaration", "object_declaration", "companion_object"]),
            (If, &["if_expression"]),
            (Switch, &["when_expression"]),
            (Arm, &["when_entry"]),
            (Loop, &["for_statement", "while_statement", "do_while_statement"]),
            (Catch, &["catch_block"]),
            (Binary, &["binary_expression"]),
            (Parentheses, &["parenthesized_expression"]),
            (Call, &["call_expression"]),
        ],
        Language::Php => &[
            (Unit, &["function_definition", "method_declaration"]),
            (Lambda, &["anonymous_function", "arrow_function"]),
            (Container, &["class_declaration", "interface_declaration", "trait_declaration", "enum_declaration"]),
            (If, &["if_statement"]),
            (ElseIf, &["else_if_clause"]),
            (Else, &["else_clause"]),
            (Switch, &["switch_statement", "match_expression"]),
            (Arm, &["match_conditional_expression", "match_default_expression"]),
            (Loop, &["while_statement", "do_statement", "for_statement", "foreach_statement"]),
            (Catch, &["catch_clause"]),
            (Ternary, &["conditional_expression"]),
            (Goto, &["goto_statement"]),
            (Jump, &["break_statement", "continue_statement"]),
            (Binary, &["binary_expression"]),
            (Parentheses, &["parenthesized_expression"]),
            (Call, &["function_call_expression", "member_call_expression", "scoped_call_expression"]),
        ],
        Language::Python => &[
            (Unit, &["function_definition"]),
            (Lambda, &["lambda"]),
            (Container, &["class_definition"]),
            (If, &["if_statement"]),
            (ElseIf, &["elif_clause"]),
            (Else, &["else_clause"]),
            (Switch, &["match_statement"]),
            (Guard, &["if_clause", "for_in_clause"]),
            (Loop, &["for_statement", "while_statement"]),
            (Catch, &["except_clause"]),
            (Ternary, &["conditional_expression"]),
            (Binary, &["boolean_operator"]),
            (Parentheses, &["parenthesized_expression"]),
            (Call, &["call"]),
        ],
        Language::Ruby => &[
            (Unit, &["method", "singleton_method"]),
            (Lambda, &["lambda", "block", "do_block"]),
            (Container, &["class", "module"]),
            (If, &["if", "unless", "if_modifier", "unless_modifier"]),
            (ElseIf, &["elsif"]),
            (Else, &["else"]),
            (Switch, &["case", "case_match"]),
            (Case, &["when", "in_clause"]),
            (Guard, &["if_guard", "unless_guard"]),
            (Loop, &["while", "until", "for", "while_modifier", "until_modifier"]),
            (Catch, &["rescue", "rescue_modifier"]),
            (Ternary, &["conditional"]),
            (Binary, &["binary"]),
            (Parentheses, &["parenthesized_statements"]),
            (Call, &["call"]),
        ],
        Language::Rust => &[
            (Unit, &["function_item"]),
            (Lambda, &["closure_expression"]),
            (Container, &["impl_item", "trait_item", "mod_item"]),
            (If, &["if_expression"]),
            (Else, &["else_clause"]),
            (LetElse, &["let_declaration"]),
            (Switch, &["match_expression"]),
            (Arm, &["match_arm"]),
            (Guard, &["match_pattern"]),
            (Loop, &["while_expression", "for_expression"]),
            (Endless, &["loop_expression"]),
            (Try, &["try_expression"]),
            (Jump, &["break_expression", "continue_expression"]),
            (Binary, &["binary_expression", "let_chain"]),
            (Parentheses, &["parenthesized_expression"]),
            (Call, &["call_expression"]),
            (Tokens, &["token_tree"]),
        ],
    }
}

/// Kinds without a name.
fn tokens(language: Language) -> Table {
    match language {
        Language::C | Language::CHeader | Language::Cpp => {
            &[(CaseToken, &["case"]), (ElseToken, &["else"]), (And, &["&&", "and"]), (Or, &["||", "or"])]
        }
        Language::CSharp | Language::JavaScript | Language::TypeScript | Language::Tsx => &[
            (CaseToken, &["case"]),
            (ElseToken, &["else"]),
            (And, &["&&"]),
            (Or, &["||"]),
            (Elvis, &["??"]),
            (Assign, &["&&=", "||=", "??="]),
        ],
        Language::Go | Language::Java => &[(CaseToken, &["case"]), (ElseToken, &["else"]), (And, &["&&"]), (Or, &["||"])],
        Language::Kotlin => &[(ElseToken, &["else"]), (And, &["&&"]), (Or, &["||"]), (Elvis, &["?:"])],
        Language::Php => &[(CaseToken, &["case"]), (ElseToken, &["else"]), (And, &["&&", "and"]), (Or, &["||", "or"])],
        Language::Python => &[(CaseToken, &["case"]), (ElseToken, &["else"]), (And, &["and"]), (Or, &["or"])],
        Language::Ruby => &[(ElseToken, &["else"]), (And, &["&&", "and"]), (Or, &["||", "or"]), (Assign, &["&&=", "||="])],
        Language::Rust => &[
            (ElseToken, &["else"]),
            (DecisionToken, &["if", "while", "for"]),
            (QuestionToken, &["?"]),
            (And, &["&&"]),
            (Or, &["||"]),
        ],
    }
}
