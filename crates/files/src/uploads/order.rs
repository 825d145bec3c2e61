//! The order of an upload's parts.

use std::cmp::Ordering;

use allmende_types::Name;

/// Compares names of parts as people count: a run of digits is a number, whatever zeros
/// lead it, and stands before other text; other text is compared by its bytes. Names that
/// are the same by this (`1` and `01`) are told apart by their bytes.
///
/// So `9` comes before `10`, the 5-digit and 16-digit numbers of the desktop client and the
/// ranges `000…-000…` of older clients come in the order of the file, and any other name
/// has its place too.
///
/// ```
/// use allmende_files::uploads::natural_order;
///
/// let mut names = ["10", "9", "00002", "x", "1-b", "1-a"];
/// names.sort_by(|a, b| natural_order(a, b));
/// assert_eq!(names, ["1-a", "1-b", "00002", "9", "10", "x"]);
/// ```
#[must_use]
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        match (next(&mut left), next(&mut right)) {
            (None, None) => return a.cmp(b),
            (x, y) if x == y => {}
            (x, y) => return x.cmp(&y),
        }
    }
}

/// The order of nodes by their names.
pub(crate) fn by_name(a: Option<&Name>, b: Option<&Name>) -> Ordering {
    natural_order(a.map_or("", Name::as_str), b.map_or("", Name::as_str))
}

/// A run of digits or of other characters. Numbers are compared by the count of their
/// digits first; they can be longer than any machine number. An end, which is no run at
/// all, stands before either.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Run<'a> {
    Number(usize, &'a str),
    Text(&'a str),
}

fn next<'a>(rest: &mut &'a str) -> Option<Run<'a>> {
    let digit = rest.chars().next()?.is_ascii_digit();
    let end = rest.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(rest.len());
    let (run, after) = rest.split_at(end);
    *rest = after;
    Some(if digit {
        let number = run.trim_start_matches('0');
        Run::Number(number.len(), number)
    } else {
        Run::Text(run)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_and_padded_numbers_are_in_the_order_of_the_file() {
        let zeros = "000000000000000";
        let ranges: Vec<String> = (0..30u64)
            .map(|n| format!("{:015}-{:015}", n * 7_000_000, (n + 1) * 7_000_000))
            .collect();
        let mut shuffled: Vec<String> = ranges.iter().rev().cloned().collect();
        shuffled.sort_by(|a, b| natural_order(a, b));
        assert_eq!(shuffled, ranges);
        assert_eq!(natural_order(&format!("{zeros}9"), "00010"), Ordering::Less);
        assert_eq!(natural_order("1", "01"), Ordering::Greater);
        assert_eq!(natural_order("", "0"), Ordering::Less);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn it_is_a_total_order(a in "[0-2a-b-]{0,6}", b in "[0-2a-b-]{0,6}", c in "[0-2a-b-]{0,6}") {
            prop_assert_eq!(natural_order(&a, &b), natural_order(&b, &a).reverse());
            prop_assert_eq!(natural_order(&a, &b) == Ordering::Equal, a == b);
            if natural_order(&a, &b).is_le() && natural_order(&b, &c).is_le() {
                prop_assert!(natural_order(&a, &c).is_le());
            }
        }

        #[test]
        fn numbers_are_in_order(a in 0u64.., b in 0u64.., pad in 0usize..30) {
            let (x, y) = (format!("{a:0pad$}"), b.to_string());
            if a != b {
                prop_assert_eq!(natural_order(&x, &y), a.cmp(&b));
            }
        }
    }
}
