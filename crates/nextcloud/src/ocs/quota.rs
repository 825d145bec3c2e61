//! Quotas as administrators write them.

use allmende_accounts::Quota;

/// Reads bytes, `5 GB` (powers of 1024), `none` or `default`; none if it is neither.
pub(super) fn parse(text: &str) -> Option<Quota> {
    let trimmed = text.trim();
    match trimmed.to_ascii_lowercase().as_str() {
        "none" | "-3" => return Some(Quota::Unlimited),
        "default" | "" => return Some(Quota::Default),
        _ => {}
    }
    let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(end);
    let power = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 1,
        "M" | "MB" | "MIB" => 2,
        "G" | "GB" | "GIB" => 3,
        "T" | "TB" | "TIB" => 4,
        "P" | "PB" | "PIB" => 5,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    let bytes = number * 1024f64.powi(power);
    // Up to 2^53 every byte counts; no quota is larger.
    (0.0..9_007_199_254_740_992.0).contains(&bytes).then_some(Quota::Bytes(bytes as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_original() {
        assert_eq!(parse("5 GB"), Some(Quota::Bytes(5 << 30)));
        assert_eq!(parse("1.5 KB"), Some(Quota::Bytes(1536)));
        assert_eq!(parse("0"), Some(Quota::Bytes(0)));
        assert_eq!(parse("0 B"), Some(Quota::Bytes(0)));
        assert_eq!(
            (parse("none"), parse("default")),
            (Some(Quota::Unlimited), Some(Quota::Default))
        );
        for bad in ["GB", "-1", "5 XB", "1e99", "99999999 PB"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
