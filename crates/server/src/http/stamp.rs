//! Moments as the clients of each service read them.

use jiff::Timestamp;
use steadfast_model::ids::Moment;

/// `2026-01-31T12:00:00Z`: servers, images.
#[must_use]
pub fn seconds(at: Moment) -> String {
    timestamp(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-01-31T12:00:00.000000`: services, migrations, actions. UTC, without saying so.
#[must_use]
pub fn micros(at: Moment) -> String {
    timestamp(at).strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}

/// `2026-01-31T12:00:00.000000Z`: tokens.
#[must_use]
pub fn micros_zulu(at: Moment) -> String {
    micros(at) + "Z"
}

/// `Sat, 31 Jan 2026 12:00:00 GMT`: the header `Last-Modified`.
#[must_use]
pub fn http_date(at: Moment) -> String {
    timestamp(at).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads what clients send as `changes-since` and the like: RFC 3339, or the same without a zone, which is UTC.
#[must_use]
pub fn parse(text: &str) -> Option<Moment> {
    let zoned = text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse());
    zoned.ok().map(|at| Moment(at.as_microsecond()))
}

/// A moment beyond the calendar is shown as its nearest end.
fn timestamp(at: Moment) -> Timestamp {
    let end = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(at.0).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_spelling() {
        let at = Moment(1_769_860_800_000_007);
        assert_eq!(seconds(at), "2026-01-31T12:00:00Z");
        assert_eq!(micros(at), "2026-01-31T12:00:00.000007");
        assert_eq!(micros_zulu(at), "2026-01-31T12:00:00.000007Z");
        assert_eq!(http_date(at), "Sat, 31 Jan 2026 12:00:00 GMT");
        assert_eq!(seconds(Moment(i64::MAX)), "9999-12-30T22:00:00Z");
        for text in
            ["2026-01-31T12:00:00.000007Z", "2026-01-31T12:00:00.000007", "2026-01-31T13:00:00.000007+01:00"]
        {
            assert_eq!(parse(text), Some(at), "{text}");
        }
        assert_eq!(parse("yesterday"), None);
    }
}
