//! The language of a file by its name, as readers call it.

/// (Language, endings after the last dot).
const BY_EXTENSION: &[(&str, &[&str])] = &[
    ("C", &["c", "h"]),
    ("C#", &["cs"]),
    ("C++", &["cc", "cpp", "cxx", "hh", "hpp", "hxx", "ipp"]),
    ("CSS", &["css", "less", "sass", "scss"]),
    ("Clojure", &["clj", "cljc", "cljs", "edn"]),
    ("Dart", &["dart"]),
    ("Elixir", &["ex", "exs"]),
    ("Erlang", &["erl", "hrl"]),
    ("F#", &["fs", "fsi", "fsx"]),
    ("Go", &["go"]),
    ("HTML", &["htm", "html", "xhtml"]),
    ("Haskell", &["hs", "lhs"]),
    ("JSON", &["json", "json5", "jsonc", "ndjson"]),
    ("Java", &["java"]),
    ("JavaScript", &["cjs", "js", "jsx", "mjs"]),
    ("Julia", &["jl"]),
    ("Kotlin", &["kt", "kts"]),
    ("Lua", &["lua"]),
    ("Markdown", &["md", "mdx"]),
    ("Nix", &["nix"]),
    ("OCaml", &["ml", "mli"]),
    ("Objective-C", &["m", "mm"]),
    ("PHP", &["php"]),
    ("Perl", &["pl", "pm"]),
    ("Protocol Buffers", &["proto"]),
    ("Python", &["py", "pyi", "pyx"]),
    ("R", &["r", "rmd"]),
    ("Ruby", &["erb", "gemspec", "rake", "rb"]),
    ("Rust", &["rs"]),
    ("SQL", &["sql"]),
    ("Scala", &["sbt", "sc", "scala"]),
    ("Shell", &["bash", "fish", "sh", "zsh"]),
    ("Snapshot", &["snap"]),
    ("Svelte", &["svelte"]),
    ("Swift", &["swift"]),
    ("TOML", &["toml"]),
    ("Terraform", &["tf", "tfvars"]),
    ("Text", &["adoc", "rst", "txt"]),
    ("TypeScript", &["cts", "mts", "ts", "tsx"]),
    ("Vue", &["vue"]),
    ("XML", &["svg", "xml", "xsd"]),
    ("YAML", &["yaml", "yml"]),
    ("Zig", &["zig"]),
];

/// (Language, whole names).
const BY_NAME: &[(&str, &[&str])] = &[
    ("Docker", &["Dockerfile", "Containerfile"]),
    ("Make", &["GNUmakefile", "Makefile", "makefile"]),
    ("Ruby", &["Gemfile", "Rakefile"]),
    ("CMake", &["CMakeLists.txt"]),
];

/// The language of a path; `Other` where the name does not tell.
#[must_use]
pub fn language(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches('"');
    if let Some((language, _)) = BY_NAME.iter().find(|(_, names)| names.contains(&name)) {
        return language;
    }
    let Some((stem, extension)) = name.rsplit_once('.') else { return "Other" };
    if stem.is_empty() {
        return "Other";
    }
    let extension = extension.to_ascii_lowercase();
    BY_EXTENSION.iter().find(|(_, endings)| endings.contains(&extension.as_str())).map_or("Other", |(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_languages() {
        for (path, expected) in [
            ("a/b.rs", "Rust"),
            ("x.TSX", "TypeScript"),
            ("Makefile", "Make"),
            (".gitignore", "Other"),
            ("LICENSE", "Other"),
            ("\"caf\\351.py\"", "Python"),
        ] {
            assert_eq!(language(path), expected, "{path}");
        }
    }
}
