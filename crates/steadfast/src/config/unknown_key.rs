//! What to say of a key that no configuration knows: which one was probably meant.

/// How many letters may differ for a key to be suggested, for each three letters of it.
const LETTERS_PER_TYPO: usize = 3;

/// A parser's message; that of an unknown key becomes a sentence with the key that was probably meant.
pub fn explain(message: &str) -> String {
    let unknown = message.strip_prefix("unknown field `").or(message.strip_prefix("unknown variant `"));
    let Some((key, rest)) = unknown.and_then(|rest| rest.split_once('`')) else {
        return message.to_owned();
    };
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let list = known.join(", ");
    match nearest(key, &known) {
        Some(meant) => format!("`{key}` is not known; did you mean `{meant}`? Known here: {list}"),
        None => format!("`{key}` is not known here. Known: {list}"),
    }
}

/// The name that `key` was probably meant to be.
fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, name) = known.iter().map(|name| (distance(key, name), *name)).min()?;
    (distance <= name.len().div_ceil(LETTERS_PER_TYPO)).then_some(name)
}

/// Levenshtein's distance: how many letters must be put in, left out or replaced.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, against) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *against);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its keys are asked for")]
    struct Shape {
        listen: Option<String>,
        store: Option<String>,
        sweep_interval_ms: Option<u64>,
    }

    #[test]
    fn a_misspelt_key_is_named_with_the_one_that_was_meant() {
        let table = [
            ("lisen = ''", "`lisen` is not known; did you mean `listen`?"),
            ("sweep_interval = 1", "`sweep_interval` is not known; did you mean `sweep_interval_ms`?"),
            ("zebra = 1", "`zebra` is not known here. Known: listen, store, sweep_interval_ms"),
            ("listen = 1", "invalid type: integer `1`, expected a string"),
        ];
        for (text, expected) in table {
            let error = toml::from_str::<Shape>(text).expect_err(text);
            let said = explain(error.message());
            assert!(said.starts_with(expected), "{text}: {said}");
        }
    }

    proptest! {
        #[test]
        fn distances_are_a_metric(a in "[a-c]{0,6}", b in "[a-c]{0,6}", c in "[a-c]{0,6}") {
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c));
        }

        #[test]
        fn any_message_is_explained(message in "(unknown field )?[`a-z, ]{0,40}|\\PC*") {
            prop_assert!(explain(&message).len() >= message.len().min(1));
        }
    }
}
