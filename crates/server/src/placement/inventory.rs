//! An inventory as Placement shows it.

use serde_json::{Value, json};
use steadfast_model::inventory::{RatioMilli, Stock};

/// How much there is of one class, and in which portions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inventory {
    pub total: u64,
    pub reserved: u64,
    pub min_unit: u64,
    pub max_unit: u64,
    pub step_size: u64,
    pub ratio: RatioMilli,
}

impl Inventory {
    #[must_use]
    pub fn of_stock(stock: &Stock) -> Inventory {
        let Stock { class: _, total, reserved, ratio, min_unit, max_unit, step_size } = *stock;
        Inventory { total, reserved, min_unit, max_unit, step_size, ratio }
    }

    /// Devices of one class, some of which cannot be granted though nobody holds them.
    #[must_use]
    pub fn of_devices(total: u64, withheld: u64) -> Inventory {
        Inventory {
            total,
            reserved: withheld,
            min_unit: 1,
            max_unit: total,
            step_size: 1,
            ratio: RatioMilli::ONE,
        }
    }

    #[must_use]
    pub fn view(&self) -> Value {
        json!({
            "total": self.total,
            "reserved": self.reserved,
            "min_unit": self.min_unit,
            "max_unit": self.max_unit,
            "step_size": self.step_size,
            "allocation_ratio": self.ratio.as_f64(),
        })
    }
}
