//! `instance`: what a user asked for, and how far it got.

use steadfast_model::ids::Moment;
use steadfast_model::instance::{Fault, Instance, Operation};
use steadfast_operations::seam::Abort;

use crate::sql::columns::{Cells, Column, Columns, columns, tagged};
use crate::sql::value::Value;

columns! {
    Instance {
        id, project, user as "user_id", name, description, metadata: json, key_name, image, flavor: json, devices: json, requested_host,
        vm_state, power, operation, attempt, host, fault, created_at, updated_at, launched_at, terminated_at,
    }
}

tagged!(Operation, "operation", "operation_migration");

impl Columns for Option<Fault> {
    fn describe(_: &'static str, columns: &mut Vec<Column>) {
        Option::<u16>::describe("fault_code", columns);
        Option::<String>::describe("fault_message", columns);
        Option::<Moment>::describe("fault_at", columns);
    }

    fn spread(&self, values: &mut Vec<Value>) {
        self.as_ref().map(|fault| fault.code).spread(values);
        self.as_ref().map(|fault| fault.message.clone()).spread(values);
        self.as_ref().map(|fault| fault.at).spread(values);
    }

    fn gather(cells: &mut Cells<'_>) -> Result<Self, Abort> {
        let code = Columns::gather(cells)?;
        let message = Columns::gather(cells)?;
        let at = Columns::gather(cells)?;
        match (code, message, at) {
            (Some(code), Some(message), Some(at)) => Ok(Some(Fault { code, message, at })),
            (None, None, None) => Ok(None),
            (_, _, _) => {
                Err(cells.corrupt("does not go with fault_code and fault_message: a fault has all three"))
            }
        }
    }
}
