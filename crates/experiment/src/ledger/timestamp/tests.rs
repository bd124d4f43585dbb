use super::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rfc3161/");

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FOLDER}{name}")).unwrap()
}

#[test]
fn a_request_is_the_one_of_openssl() {
    assert_eq!(request(&Hash::of(&file("head.json"))), file("head.tsq"));
}

#[test]
fn a_reply_and_its_token_are_read() {
    let reply = read(&file("reply.tsr")).unwrap();
    assert_eq!(reply.imprint, Hash::of(&file("head.json")));
    assert_eq!(reply.time.to_string(), "2026-11-25T04:28:56Z");
    assert_eq!(reply.policy, "1.2.3.4.1");
    assert_eq!(read(&file("token.der")).unwrap(), reply);
}

#[test]
fn what_is_no_time_stamp_is_told() {
    let refused = read(&file("refused.tsr")).unwrap_err();
    assert!(refused.contains("refused"), "{refused}");
    let other = read(&file("sha512.tsr")).unwrap_err();
    assert!(other.contains("no SHA-256"), "{other}");
    for wrong in [&b""[..], b"text", &[0x30, 0x00], &[0x30, 0x80, 0, 0], &file("head.tsq"), &file("head.json")] {
        assert!(read(wrong).is_err());
    }
}

#[test]
fn a_cut_or_bent_reply_ends_in_no_panic() {
    let whole = file("reply.tsr");
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "the first {end} bytes were taken for a reply");
    }
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut bent = whole.clone();
            bent[place] ^= 1 << bit;
            let _ = read(&bent);
        }
    }
}

#[test]
fn times_have_one_form() {
    assert_eq!(instant("20260301120000Z").unwrap().to_string(), "2026-03-01T12:00:00Z");
    assert_eq!(instant("20260301120000.123Z").unwrap().to_string(), "2026-03-01T12:00:00Z");
    for wrong in ["20260301120000", "202603011200Z", "2026030112000éZ", "20261301120000Z", "Z", ""] {
        assert!(instant(wrong).is_none(), "`{wrong}`");
    }
}
