//! `discrepancy`: what reports showed and no claim explains.

use steadfast_model::discrepancy::{Discrepancy, Subject};

use crate::sql::columns::{columns, tagged};

columns! { Discrepancy { host, subject, since } }

tagged!(Subject, "kind", "subject");
