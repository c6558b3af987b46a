//! The kernel's lists of processors: `0-3,8,10-11`.

/// The largest processor id that is believed. Linux is built for at most 8,192 processors.
const CPU_ID_MAX: u32 = 65_535;

/// The processors of a list, which the kernel writes in rising order; an empty text is an empty list.
pub fn parse(text: &str) -> Option<Vec<u32>> {
    let mut cpus: Vec<u32> = Vec::new();
    if text.is_empty() {
        return Some(cpus);
    }
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (number(first)?, number(last)?);
        let rising = cpus.last().is_none_or(|before| *before < first) && first <= last;
        if !rising {
            return None;
        }
        cpus.extend(first..=last);
    }
    Some(cpus)
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten()?;
    (number <= CPU_ID_MAX).then_some(number)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_as_the_kernel_writes_them() {
        let table: [(&str, Option<&[u32]>); 12] = [
            ("", Some(&[])),
            ("0", Some(&[0])),
            ("0-3", Some(&[0, 1, 2, 3])),
            ("0-1,8,10-11", Some(&[0, 1, 8, 10, 11])),
            ("3-1", None),
            ("1,1", None),
            ("4,0-1", None),
            ("0,", None),
            ("-1", None),
            ("+1", None),
            ("0-65536", None),
            ("0-4294967295", None),
        ];
        for (text, cpus) in table {
            assert_eq!(parse(text).as_deref(), cpus, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_rising_list_or_none(text in "[0-9,-]{0,20}|\\PC*") {
            let cpus = parse(&text).unwrap_or_default();
            prop_assert!(cpus.is_sorted_by(|a, b| a < b));
        }

        #[test]
        fn what_is_written_singly_reads_back(cpus in prop::collection::btree_set(0..=CPU_ID_MAX, 0..20)) {
            let text = cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            let read: Option<BTreeSet<u32>> = parse(&text).map(|cpus| cpus.into_iter().collect());
            prop_assert_eq!(read, Some(cpus));
        }

        #[test]
        fn a_range_is_all_between(first in 0..1000u32, more in 0..1000u32) {
            let last = first + more;
            prop_assert_eq!(parse(&format!("{first}-{last}")), Some((first..=last).collect()));
        }
    }
}
