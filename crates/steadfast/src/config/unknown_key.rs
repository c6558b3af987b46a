//! What to say of a key or a name that no configuration knows: which one was probably meant.

use crate::nearest::nearest;

/// A parser's message; that of an unknown key becomes a sentence with the key that was probably meant.
pub fn explain(message: &str) -> String {
    let after = message.strip_prefix("unknown field `").or(message.strip_prefix("unknown variant `"));
    let Some((key, rest)) = after.and_then(|rest| rest.split_once('`')) else {
        return message.to_owned();
    };
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    unknown(key, &known)
}

/// That `key` is not one of those that are known.
pub fn unknown(key: &str, known: &[&str]) -> String {
    let list = known.join(", ");
    match nearest(key, known) {
        Some(meant) => format!("`{key}` is not known; did you mean `{meant}`? Known here: {list}"),
        None => format!("`{key}` is not known here. Known: {list}"),
    }
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
        fn any_message_is_explained(message in "(unknown field )?[`a-z, ]{0,40}|\\PC*") {
            prop_assert!(explain(&message).len() >= message.len().min(1));
        }
    }
}
