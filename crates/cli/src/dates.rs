//! Days and instants as users write them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::failure::Failure;

/// Seconds since 1970 of a day (its beginning in UTC) or an instant.
pub fn instant(flag: &str, text: &str) -> Result<i64, Failure> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_second());
    }
    let day = text.parse::<Date>().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    day.map(|day| day.timestamp().as_second()).ok_or_else(|| {
        Failure::user(format!("`{flag} {text}` is no day and no instant"))
            .hint("write a day as 2025-01-31 (it begins at 00:00 UTC) or an instant as 2025-01-31T12:00:00Z")
    })
}

/// An instant as text, UTC, whole seconds.
pub fn rfc3339(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |instant| instant.to_string())
}
