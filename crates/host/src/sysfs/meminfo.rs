//! The kernel's accounts of memory, `/proc/meminfo` and each cell's own.

/// The total in MB, rounded down: of `MemTotal:  65832448 kB`, or the same after `Node 0`.
pub fn total_mb(text: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let (_, amount) = line.split_once("MemTotal:")?;
        let kb = amount.trim().strip_suffix("kB")?.trim_end();
        let digits = kb.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| kb.parse::<u64>().ok()).flatten().map(|kb| kb / 1024)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accounts_as_the_kernel_writes_them() {
        let table = [
            ("MemTotal:       24684096 kB\nMemFree:  1 kB\n", Some(24_105)),
            ("\nNode 1 MemTotal:        7563480 kB\nNode 1 MemFree: 1 kB", Some(7_386)),
            ("MemTotal: 1023 kB", Some(0)),
            ("MemFree: 7563480 kB", None),
            ("MemTotal: 7563480", None),
            ("MemTotal: 7563480 MB", None),
            ("MemTotal: kB", None),
            ("MemTotal: -1024 kB", None),
            ("MemTotal: 99999999999999999999 kB", None),
            ("", None),
        ];
        for (text, mb) in table {
            assert_eq!(total_mb(text), mb, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(MemTotal|Node|:|[0-9]|kB| |\n){0,12}|\\PC*") {
            total_mb(&text);
        }

        #[test]
        fn any_amount_is_read(kb: u64, before in "[A-Za-z]{0,8}", blanks in " {0,8}") {
            let text = format!("Other: 5 kB\n{before} MemTotal:{blanks}{kb} kB\nMemFree: 7 kB");
            prop_assert_eq!(total_mb(&text), Some(kb / 1024));
        }
    }
}
