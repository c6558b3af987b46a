//! Names of resource classes.

use std::fmt;

use steadfast_model::inventory::ResourceClass;
use steadfast_model::pci::Observed;

/// A resource class by its name in Placement: a standard one, or a device's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassName(String);

impl ClassName {
    /// The class of a device: the one that its `device_spec` gave it, else one made of its ids.
    #[must_use]
    pub fn of_device(device: &Observed) -> ClassName {
        let made = || format!("CUSTOM_PCI_{}_{}", device.vendor, device.product).to_ascii_uppercase();
        ClassName(device.resource_class.clone().unwrap_or_else(made))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<ResourceClass> for ClassName {
    fn from(class: ResourceClass) -> ClassName {
        ClassName(class.name().to_owned())
    }
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
