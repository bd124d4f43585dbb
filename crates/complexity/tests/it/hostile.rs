//! Files that nobody should have to parse: no panic, no overflow, no end without an answer.

use candor_complexity::{Language, MOST_BYTES, Unmeasured, measure};

const ALL: [Language; 14] = [
    Language::C,
    Language::CHeader,
    Language::Cpp,
    Language::CSharp,
    Language::Go,
    Language::Java,
    Language::JavaScript,
    Language::Kotlin,
    Language::Php,
    Language::Python,
    Language::Ruby,
    Language::Rust,
    Language::TypeScript,
    Language::Tsx,
];

#[test]
fn deep_nesting_takes_no_stack() {
    // A stack of 256 KiB, which a walk by recursion would need at a depth of some hundreds.
    let small = std::thread::Builder::new().stack_size(256 << 10);
    let run = || {
        let depth = 20_000;
        let parentheses = format!("int f(void) {{ return {}1{}; }}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(measure(Language::C, parentheses.as_bytes()).unwrap()[0].cyclomatic, 1);
        let blocks = format!("fn f() {{ {}{} }}", "if a { ".repeat(depth), "}".repeat(depth));
        let deep = measure(Language::Rust, blocks.as_bytes()).unwrap();
        assert_eq!(deep[0].cyclomatic as usize, depth + 1);
        assert_eq!(deep[0].cognitive as usize, depth * (depth + 1) / 2);
        let logic = format!("function f() {{ return {} a; }}", "a && ".repeat(depth));
        let wide = measure(Language::JavaScript, logic.as_bytes()).unwrap();
        assert_eq!((wide[0].cyclomatic as usize, wide[0].cognitive), (depth + 1, 1));
        let unclosed = "class A { void f() { if (a) {".repeat(2_000);
        let _ = measure(Language::Java, unclosed.as_bytes());
    };
    small.spawn(run).unwrap().join().unwrap();
}

#[test]
fn bytes_that_are_no_utf_8_are_read_around() {
    let source = b"def caf\xe9():\n    return 1\n\ndef plain():\n    if a: # \xff\xfe\n        pass\n";
    let functions = measure(Language::Python, source).unwrap();
    assert!(functions.iter().any(|one| one.name == "plain" && one.cyclomatic == 2 && !one.is_broken), "{functions:?}");
}

#[test]
fn a_file_that_is_too_large_or_no_text_is_not_parsed() {
    assert_eq!(measure(Language::C, &vec![b' '; MOST_BYTES + 1]), Err(Unmeasured::TooLarge));
    assert_eq!(measure(Language::C, b"int f(void) { return 0; }\0"), Err(Unmeasured::NotText));
}

#[test]
fn a_fault_of_syntax_marks_the_function_that_holds_it_and_no_other() {
    for (language, source) in [
        (Language::Rust, "fn good() { if a { b() } }\nfn bad() { let = ; if }\n"),
        (Language::Python, "def good():\n    if a: pass\n\ndef bad():\n    x = = 1\n"),
        (Language::Java, "class X { void good() { if (a) b(); }\n void bad() { int = ; } }"),
        (Language::JavaScript, "function good() { if (a) b(); }\nfunction bad() { return +; }\n"),
    ] {
        let functions = measure(language, source.as_bytes()).unwrap();
        let broken = |name: &str| functions.iter().find(|one| one.name.ends_with(name)).map(|one| one.is_broken);
        assert_eq!((broken("good"), broken("bad")), (Some(false), Some(true)), "{source}: {functions:?}");
    }
}

#[test]
fn every_language_takes_noise() {
    let texts: [&[u8]; 8] = [
        b"",
        b"\n\n\n",
        b"\xef\xbb\xbf",
        b"}}}}))))]]]]\n",
        b"if else for while match case => ?? || && ?: @#$%^&*~`\\\n",
        b"fn def function func class { ( [ \" ' ` /* // # \n",
        b"\xff\xfe\x80\x81 \xc3\x28 \xf0\x28\x8c\x28",
        b"<?php <% <div> {{ #if 0\n#elif\n#else\n",
    ];
    for language in ALL {
        for text in texts {
            let _ = measure(language, text);
            let _ = measure(language, &text.repeat(500));
        }
    }
}

#[test]
fn a_name_has_an_end() {
    let source = format!("function {}() {{ return 1; }}", "é".repeat(100_000));
    let functions = measure(Language::JavaScript, source.as_bytes()).unwrap();
    assert!(functions.iter().all(|one| one.name.chars().count() <= 200));
}
