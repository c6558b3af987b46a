//! Every kind of identifier and counter, each its own type, so that none can stand in for another.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// Declares identifiers that are UUIDs.
macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map($name)
            }
        }
    )*};
}

uuid_ids! {
    /// An instance; never used again.
    InstanceId
    /// A claim; never used again. Guests, disks and metadata on a host are named after it.
    ClaimId
    /// A migration record.
    MigrationId
}

/// The longest name that an identifier of text may have.
pub const NAME_LEN_MAX: usize = 255;

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a valid {what}: 1 to {NAME_LEN_MAX} characters, none of them a space, a slash or a control character"
)]
pub struct NameError {
    pub what: &'static str,
    pub text: String,
}

/// Declares identifiers that are short texts; cheap to clone.
macro_rules! name_ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_name(text) {
                    return Ok($name(text.into()));
                }
                Err(NameError { what: $what, text: text.chars().take(NAME_LEN_MAX).collect() })
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

name_ids! {
    /// A host, by the name its operators gave it.
    HostId = "host name"
    /// A flavor.
    FlavorId = "flavor id"
    /// The project that an instance belongs to.
    ProjectId = "project id"
    /// A person or a service.
    UserId = "user id"
    /// One request from outside; follows it through operations, logs and ledger.
    RequestId = "request id"
    /// What a hypervisor calls a guest; a claim's id, if the guest is ours.
    GuestTag = "guest tag"
    /// How devices are sanitised: a way that the agent of a host knows by this name.
    SanitizerName = "sanitizer name"
}

/// What a hypervisor calls the guest of a claim.
impl From<ClaimId> for GuestTag {
    fn from(claim: ClaimId) -> GuestTag {
        let mut text = [0; Hyphenated::LENGTH];
        GuestTag(claim.0.hyphenated().encode_lower(&mut text)[..].into())
    }
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '/';
    !text.is_empty() && text.len() <= NAME_LEN_MAX && text.chars().all(plain)
}

/// Declares counters that only grow.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The next value. 2^64 of anything outlasts the store.
            #[must_use]
            pub fn next(self) -> Self {
                $name(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

counters! {
    /// Counts the lives of a host as the store knows them.
    Epoch
    /// Raised whenever what is wanted of any claim on a host changes.
    ListGen
    /// Raised whenever what is wanted of one claim changes.
    Order
    /// The number of the operation that may act on an instance now.
    Attempt
    /// Numbers the inventories that one life of a host reports.
    InventorySeq
    /// Numbers the reports of one life of a host.
    ReportSeq
    /// Counts the changes of one row.
    Generation
    /// Counts the commits of a store.
    Version
}

/// A moment: microseconds since 1970-01-01T00:00:00Z. It comes from `Env` and is only ever shown or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_at_the_door() {
        assert_eq!("host1".parse::<HostId>().expect("a name").as_str(), "host1");
        let long = "h".repeat(NAME_LEN_MAX + 1);
        for text in ["", "a b", "a/b", "a\n", long.as_str()] {
            assert!(text.parse::<HostId>().is_err(), "{text:?}");
        }
    }
}
