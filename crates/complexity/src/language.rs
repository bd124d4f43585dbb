//! The languages, by the ending of a file's name, with their grammars.

/// A language that can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// C.
    C,
    /// A header of C or C++: read as C, and where that fails as C++.
    CHeader,
    /// C++. Lambdas count in the function around them.
    Cpp,
    /// C#. Methods, constructors, operators, accessors with a body and local functions; lambdas count in them.
    CSharp,
    /// Go. Functions, methods and function literals.
    Go,
    /// Java. Methods and constructors; lambdas count in them.
    Java,
    /// JavaScript, with JSX. Functions, methods, function expressions and arrow functions.
    JavaScript,
    /// Kotlin. Functions, getters and setters with a body, secondary constructors; lambdas count in them.
    Kotlin,
    /// PHP. Functions and methods; closures count in them.
    Php,
    /// Python. Functions and methods; lambdas count in them.
    Python,
    /// Ruby. Methods; blocks count in them.
    Ruby,
    /// Rust. Functions; closures count in them.
    Rust,
    /// TypeScript. As JavaScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
}

use Language::{C, CHeader, CSharp, Cpp, Go, Java, JavaScript, Kotlin, Php, Python, Ruby, Rust, Tsx, TypeScript};

/// By the ending of a file's name.
const ENDINGS: &[(Language, &[&str])] = &[
    (C, &["c"]),
    (CHeader, &["h"]),
    (Cpp, &["cc", "cpp", "cxx", "hh", "hpp", "hxx", "ipp"]),
    (CSharp, &["cs"]),
    (Go, &["go"]),
    (Java, &["java"]),
    (JavaScript, &["cjs", "js", "jsx", "mjs"]),
    (Kotlin, &["kt", "kts"]),
    (Php, &["php"]),
    (Python, &["py", "pyi"]),
    (Ruby, &["gemspec", "rake", "rb"]),
    (Rust, &["rs"]),
    (TypeScript, &["cts", "mts", "ts"]),
    (Tsx, &["tsx"]),
];

impl Language {
    /// The language of a file by its name, none where none of these fits.
    #[must_use]
    pub fn of_path(path: &[u8]) -> Option<Self> {
        let name = path.rsplit(|byte| *byte == b'/').next()?;
        let dot = name.iter().rposition(|byte| *byte == b'.')?;
        let ending = name.get(dot + 1..)?.to_ascii_lowercase();
        let found = ENDINGS.iter().find(|(_, endings)| endings.iter().any(|own| own.as_bytes() == ending));
        found.map(|(language, _)| *language)
    }

    pub(crate) fn grammar(self) -> tree_sitter::Language {
        match self {
            C => tree_sitter_c::LANGUAGE.into(),
            CHeader | Cpp => tree_sitter_cpp::LANGUAGE.into(),
            CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
            Go => tree_sitter_go::LANGUAGE.into(),
            Java => tree_sitter_java::LANGUAGE.into(),
            JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Kotlin => tree_sitter_kotlin_ng::LANGUAGE.into(),
            Php => tree_sitter_php::LANGUAGE_PHP.into(),
            Python => tree_sitter_python::LANGUAGE.into(),
            Ruby => tree_sitter_ruby::LANGUAGE.into(),
            Rust => tree_sitter_rust::LANGUAGE.into(),
            TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        }
    }
}
