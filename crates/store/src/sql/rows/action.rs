//! `action`: what was asked of an instance, and how it went.

use steadfast_model::action::{Action, Outcome};
use steadfast_model::ids::Moment;
use steadfast_operations::seam::Abort;

use crate::sql::columns::{Cells, Column, Columns, columns, tagged};
use crate::sql::value::Value;

columns! {
    Action { instance, attempt, kind, request, user as "user_id", project, started_at, ended }
}

tagged!(Outcome, "outcome", "outcome_reason");

impl Columns for Option<(Moment, Outcome)> {
    fn describe(_: &'static str, columns: &mut Vec<Column>) {
        Option::<Moment>::describe("ended_at", columns);
        Option::<Outcome>::describe("outcome", columns);
    }

    fn spread(&self, values: &mut Vec<Value>) {
        let (at, outcome) = self.clone().unzip();
        at.spread(values);
        outcome.spread(values);
    }

    fn gather(cells: &mut Cells<'_>) -> Result<Self, Abort> {
        let at: Option<Moment> = Columns::gather(cells)?;
        let outcome: Option<Outcome> = Columns::gather(cells)?;
        if at.is_some() != outcome.is_some() {
            return Err(cells.corrupt("does not go with ended_at: an action has both or neither"));
        }
        Ok(at.zip(outcome))
    }
}
