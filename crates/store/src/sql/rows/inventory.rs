//! `inventory`: how much of each resource class a host has to give.

use steadfast_model::inventory::{Inventory, Stock};

use crate::sql::columns::columns;

columns! { Inventory { host, stock } }

columns! { Stock { class, total, reserved, ratio as "ratio_milli", min_unit, max_unit, step_size } }
