//! The versions of each API that has them, one line each. Code compares with the names; the documents, the
//! negotiation and docs/api.md read the lists.

pub mod compute;
pub mod placement;

/// Declares a service's versions: a constant for each that changes what this site answers (`NAME minor`), and
/// the list of all.
macro_rules! versions {
    ($major:literal: $($minor:literal $($name:ident)? => $what:literal)*) => {
        $($(
            #[doc = $what]
            pub const $name: Microversion = Microversion::new($major, $minor);
        )?)*

        const LIST: &[Change] = &[$(Change { version: Microversion::new($major, $minor), what: $what }),*];
    };
}
pub(crate) use versions;
