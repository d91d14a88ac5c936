//! Timestamps as the documented API writes them: `2009/01/03 18:15:05`, UTC.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// The latest timestamp a block may have, 9999/12/31 23:59:59 UTC in seconds since 1970. The
/// earliest is 0.
pub const MAX_TIMESTAMP: i64 = 253_402_300_799;

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]/[month]/[day] [hour]:[minute]:[second]");

/// Writes `seconds` since 1970 UTC as `YYYY/MM/DD HH:MM:SS`; as a plain number where no year of four
/// digits holds them.
///
/// ```
/// use tickchain::ledger::format_timestamp;
/// assert_eq!(format_timestamp(1_231_006_505), "2009/01/03 18:15:05");
/// ```
pub fn format_timestamp(seconds: i64) -> String {
    if !(0..=MAX_TIMESTAMP).contains(&seconds) {
        return seconds.to_string();
    }
    OffsetDateTime::from_unix_timestamp(seconds)
        .expect("0..=MAX_TIMESTAMP lies within the range of time's dates")
        .format(FORMAT)
        .expect("every part the format asks for is there")
}

/// Reads `YYYY/MM/DD HH:MM:SS` as seconds since 1970 UTC; `None` for anything else.
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let date = PrimitiveDateTime::parse(text, FORMAT).ok()?;
    let seconds = date.assume_utc().unix_timestamp();
    // One text a timestamp: a sign or a leap second would parse too.
    (format_timestamp(seconds) == text).then_some(seconds)
}

/// Serde for the documented form, to be used with `#[serde(with)]`.
pub(crate) mod documented {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(seconds: &i64, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&super::format_timestamp(*seconds))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(input)?;
        super::parse_timestamp(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "expected a timestamp YYYY/MM/DD HH:MM:SS, got {text:?}"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_alike() {
        for seconds in [0, 951_827_696, 1_231_006_505, MAX_TIMESTAMP] {
            assert_eq!(parse_timestamp(&format_timestamp(seconds)), Some(seconds));
        }
        assert_eq!(format_timestamp(MAX_TIMESTAMP), "9999/12/31 23:59:59");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "2009-01-03 18:15:05",
            "2009/13/03 18:15:05",
            "1969/12/31 23:59:59",
            "+2009/01/03 18:15:05",
            "2009/01/03 18:15:60",
            "2009/01/03 18:15:05 ",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
    }
}
