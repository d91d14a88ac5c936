//! Numbers as people read them.

/// A figure with four digits that count, thousands apart.
pub fn figure(value: f64) -> String {
    digits(value, 4)
}

/// A figure with so many digits that count; of those before the point none is left out.
fn digits(value: f64, digits: i32) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = match value.abs() {
        0.0 => return "0".to_owned(),
        size => (digits - 1 - size.log10().floor() as i32).clamp(0, 9) as usize,
    };
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    match fraction.is_empty() {
        true => thousands(whole),
        false => format!("{}.{fraction}", thousands(whole)),
    }
}

/// A count, thousands apart.
pub fn count(value: u64) -> String {
    thousands(&value.to_string())
}

/// A share from 0 to 1 in percent.
pub fn percent(share: f64) -> String {
    format!("{} %", digits(share * 100.0, 3))
}

/// Bytes, with the largest unit that leaves a whole part.
pub fn bytes(value: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut value, mut unit) = (value as f64, 0);
    while value >= 1000.0 {
        value /= 1000.0;
        unit += 1;
    }
    format!("{} {}", figure(value), units[unit])
}

/// A length of time in seconds, with a unit that suits it.
pub fn seconds(value: f64) -> String {
    let (unit, size) = unit(value);
    match value.is_finite() {
        true => format!("{} {unit}", figure(value / size)),
        false => figure(value),
    }
}

/// The unit that suits a length of time in seconds, and how many seconds it has.
pub fn unit(value: f64) -> (&'static str, f64) {
    match value {
        _ if value < 1.0 => ("ms", 1e-3),
        _ if value < 600.0 => ("s", 1.0),
        _ if value < 2.0 * 3600.0 => ("min", 60.0),
        _ if value < 48.0 * 3600.0 => ("h", 3600.0),
        _ => ("d", 86_400.0),
    }
}

/// Rounded to three digits: medians are not known better.
pub fn rough(value: f64) -> f64 {
    let rounded = format!("{value:.2e}").parse();
    rounded.unwrap_or(value)
}

/// At an axis: no digit that says nothing.
pub fn tick(value: f64) -> String {
    match value.abs() {
        size if size < 1e-12 => "0".to_owned(),
        size if size >= 1e7 => format!("{value:e}"),
        _ => figure(value),
    }
}

/// Digits in groups of three, with narrow spaces that do not break.
fn thousands(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    let mut text = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_say_what_they_are() {
        let plain = |text: String| text.replace('\u{202f}', " ");
        for (value, text) in [
            (0.0, "0"),
            (964.52, "964.5"),
            (2176.4, "2 176"),
            (12_004_321.7, "12 004 322"),
            (0.002, "0.002"),
            (0.018_231, "0.01823"),
            (-1.5, "-1.5"),
            (100.0, "100"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(plain(figure(value)), text, "{value}");
        }
        assert_eq!(percent(0.0182), "1.82 %");
        assert_eq!(plain(bytes(320_946_500_000)), "320.9 GB");
        assert_eq!((bytes(999), bytes(1000)), ("999 B".into(), "1 kB".into()));
        assert_eq!(plain(count(1_000_000)), "1 000 000");
        for (value, text) in [
            (0.0305, "30.5 ms"),
            (59.0, "59 s"),
            (1800.0, "30 min"),
            (36_000.0, "10 h"),
            (864_000.0, "10 d"),
        ] {
            assert_eq!(seconds(value), text);
        }
        assert_eq!(rough(5.998_976), 6.0);
        assert_eq!(plain(tick(6_000_000.0)), "6 000 000");
        assert_eq!(tick(-0.0), "0");
    }
}
