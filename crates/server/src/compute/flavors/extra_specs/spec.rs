//! What an extra spec may be, and setting several at once.

use std::collections::BTreeMap;

use steadfast_model::cause::Cause;
use steadfast_model::flavor::{Flavor, PCI_ALIAS_SPEC};
use steadfast_operations::seam::{Halt, Tx};
use steadfast_operations::{Control, Refused};

use crate::compute::flavors::find::find;
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::versions::compute::FLAVOR_SPECS_CHECKED;
use crate::site::Site;

/// The longest key and the longest value, in characters.
const SPEC_CHARS_MAX: usize = 255;

/// How many extra specs a flavor may have. Every instance keeps a copy of them.
const SPECS_MAX: usize = 128;

/// Extra specs as clients send them.
pub type Specs = BTreeMap<String, String>;

/// Checks keys and values; from 2.86 on also what `pci_passthrough:alias` asks for. At a boot it is checked anyway.
///
/// # Errors
/// 400 for the first that is not right.
pub fn check<C: Control>(site: &Site<C>, version: Microversion, specs: &Specs) -> Result<(), Refusal> {
    if specs.is_empty() {
        return Err(Refusal::bad_request("the body is refused at `extra_specs`: name at least one"));
    }
    for (key, value) in specs {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_:. ".contains(c);
        let good_key = (1..=SPEC_CHARS_MAX).contains(&key.len()) && key.chars().all(plain);
        if !good_key {
            return Err(Refusal::bad_request(format!(
                "the extra spec `{}` is refused: a key has 1 to {SPEC_CHARS_MAX} letters, digits, spaces and -_:.",
                quote(key)
            )));
        }
        if value.chars().count() > SPEC_CHARS_MAX || value.chars().any(char::is_control) {
            return Err(Refusal::bad_request(format!(
                "the value of extra spec `{key}` is refused: at most {SPEC_CHARS_MAX} printable characters are taken"
            )));
        }
    }
    if let Some(asked) = specs.get(PCI_ALIAS_SPEC).filter(|_| version >= FLAVOR_SPECS_CHECKED) {
        let checked = site.settings().aliases.requests(asked);
        checked.map_err(|error| {
            Refusal::bad_request(format!("the extra spec `{PCI_ALIAS_SPEC}` is refused: {error}"))
        })?;
    }
    Ok(())
}

/// Adds the specs to a flavor, or replaces those of the same keys.
///
/// # Errors
/// 404 without such a flavor, 400 when it would have too many.
pub async fn put<C: Control>(site: &Site<C>, cause: &Cause, id: String, specs: Specs) -> Result<(), Refusal> {
    let merge = move |tx: &mut Tx<'_>| -> Result<(), Halt> {
        let old = find(tx, &id, true)?;
        let mut extra_specs = old.extra_specs.clone();
        extra_specs.extend(specs.clone());
        if extra_specs.len() > SPECS_MAX {
            let sentence =
                format!("Flavor {id} would have more than {SPECS_MAX} extra specs: delete some first.");
            return Err(Refused::Invalid(sentence).into());
        }
        tx.update(&old, Flavor { extra_specs, ..old.row.as_ref().clone() });
        Ok(())
    };
    Ok(site.control().tx("flavor.specs.set", cause, merge).await?)
}

/// There is no such spec.
#[must_use]
pub fn missing(id: &str, key: &str) -> Refused {
    Refused::NotFound(format!("Flavor {} has no extra specs with key {}.", quote(id), quote(key)))
}
