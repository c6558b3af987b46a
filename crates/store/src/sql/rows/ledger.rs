//! `ledger`: every change of ownership, with the commit that made it.

use steadfast_model::cause::Cause;
use steadfast_model::ledger::Entry;
use steadfast_operations::seam::LedgerLine;

use crate::sql::columns::columns;

columns! { LedgerLine { version, at, step, cause, entry } }

columns! { Cause { request, actor, project } }

columns! { Entry { event, host, claim, instance, device, role, proof } }
