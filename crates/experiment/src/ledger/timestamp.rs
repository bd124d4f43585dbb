//! Time-stamp requests and replies (RFC 3161), read only as far as we can vouch for: what was stamped and the time that it names.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::canonical::{Hash, hex};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// What every reader of a reply has to be told.
pub const NOT_VERIFIED: &str =
    "not verified: the signature of the authority and its certificates (`openssl ts -verify` does that)";

/// What a reply says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The SHA-256 that was stamped.
    pub imprint: Hash,
    /// The time that the authority names, cut to whole seconds.
    pub time: Timestamp,
    /// Policy of the authority, dotted numbers.
    pub policy: String,
}

/// A request for a time stamp over this digest, in DER, ready to be sent to an authority (`Content-Type: application/timestamp-query`).
///
/// # Source
/// RFC 3161, section 2.4.1: version 1, SHA-256 imprint, no policy, no nonce, certificates wanted.
#[must_use]
pub fn request(imprint: &Hash) -> Vec<u8> {
    let mut der = vec![0x30, 0x39, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09];
    der.extend_from_slice(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20]);
    der.extend_from_slice(imprint.bytes());
    der.extend_from_slice(&[0x01, 0x01, 0xff]);
    der
}

/// Reads a reply (`TimeStampResp`) or a bare token (`ContentInfo`).
///
/// # Errors
/// A sentence with what was expected and what was found.
///
/// # Source
/// RFC 3161, section 2.4.2; RFC 5652, sections 3 and 5.
pub fn read(bytes: &[u8]) -> Result<Reply, String> {
    let broken = |error: der::Error| format!("expected a time-stamp reply in DER (RFC 3161): {error}");
    let outer = parts(bytes).map_err(broken)?;
    // A reply begins with its status, a token with the kind of its content.
    let token = match outer.first() {
        Some(first) if first.header().tag() == Tag::ObjectIdentifier => outer,
        Some(first) if first.header().tag() == Tag::Sequence => {
            let status = inner(*first).map_err(broken)?;
            let granted = status.first().and_then(|code| code.decode_as::<u8>().ok()).is_some_and(|code| code <= 1);
            if !granted {
                return Err("the authority refused the request: the reply carries no time stamp".to_owned());
            }
            match outer.get(1) {
                Some(token) => inner(*token).map_err(broken)?,
                None => return Err("the reply says that it was granted and carries no time stamp".to_owned()),
            }
        }
        _ => return Err("expected a time-stamp reply in DER (RFC 3161), found something else".to_owned()),
    };
    let content = content_of(&token, SIGNED_DATA, "signed data")?;
    let signed_data =
        inner(inner(content).map_err(broken)?.first().copied().ok_or("the signed data are empty")?).map_err(broken)?;
    // version, digest algorithms, then what is signed; certificates and signatures follow and are not read.
    let encapsulated = signed_data.get(2).copied().ok_or("the signed data end before what is signed")?;
    let content = content_of(&inner(encapsulated).map_err(broken)?, TST_INFO, "a time stamp")?;
    let octets = inner(content).map_err(broken)?.first().copied().ok_or("the time stamp is empty")?;
    let info = octets.decode_as::<&OctetStringRef>().map_err(broken)?;
    stamp(info.as_bytes()).map_err(broken)?
}

/// `TSTInfo`: version, policy, imprint, serial number, time, and more that says nothing to us.
fn stamp(bytes: &[u8]) -> Result<Result<Reply, String>, der::Error> {
    let info = parts(bytes)?;
    let [_, policy, imprint, _, time, ..] = info.as_slice() else {
        return Ok(Err("the time stamp lacks an imprint or a time".to_owned()));
    };
    let policy = policy.decode_as::<ObjectIdentifier>()?.to_string();
    let imprint = inner(*imprint)?;
    let [algorithm, digest] = imprint.as_slice() else {
        return Ok(Err("the imprint is no algorithm and digest".to_owned()));
    };
    let algorithm = inner(*algorithm)?.first().map(|id| id.decode_as::<ObjectIdentifier>()).transpose()?;
    if algorithm != Some(SHA_256) {
        return Ok(Err(
            "the imprint is no SHA-256: ask the authority with the request that `candor ledger anchor --request` writes"
                .to_owned(),
        ));
    }
    let digest = digest.decode_as::<&OctetStringRef>()?;
    let Ok(imprint) = hex(digest.as_bytes()).parse() else {
        return Ok(Err("the imprint has not the length of a SHA-256".to_owned()));
    };
    if time.header().tag() != Tag::GeneralizedTime {
        return Ok(Err("the time stamp has no time where one should be".to_owned()));
    }
    let text = String::from_utf8_lossy(time.value()).into_owned();
    Ok(match instant(&text) {
        Some(time) => Ok(Reply { imprint, time, policy }),
        None => Err(format!("`{text}` is no time: expected YYYYMMDDhhmmss, perhaps with a fraction, and Z")),
    })
}

/// `GeneralizedTime` of a time stamp: UTC, with or without a fraction of a second.
fn instant(text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z')?;
    let whole = digits.split('.').next().filter(|whole| whole.len() == 14)?;
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize| number(from, from + 2).and_then(|value| i8::try_from(value).ok());
    let time = DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(8)?, small(10)?, small(12)?, 0).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The `[0]` content after the kind of content that we expect.
fn content_of<'a>(info: &[AnyRef<'a>], kind: ObjectIdentifier, name: &str) -> Result<AnyRef<'a>, String> {
    let found = info.first().and_then(|id| id.decode_as::<ObjectIdentifier>().ok());
    if found != Some(kind) {
        let found = found.map_or_else(|| "nothing readable".to_owned(), |id| id.to_string());
        return Err(format!("expected {name} ({kind}), found {found}"));
    }
    let is_content = |part: &&AnyRef<'a>| matches!(part.header().tag(), Tag::ContextSpecific { number: TagNumber(0), .. });
    info.get(1).filter(is_content).copied().ok_or_else(|| format!("the content of {name} is missing"))
}

/// The values inside of one constructed value that fills `bytes`.
fn parts(bytes: &[u8]) -> Result<Vec<AnyRef<'_>>, der::Error> {
    inner(AnyRef::from_der(bytes)?)
}

fn inner(value: AnyRef<'_>) -> Result<Vec<AnyRef<'_>>, der::Error> {
    let mut reader = SliceReader::new(value.value())?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(reader.decode::<AnyRef<'_>>()?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
