//! A resource provider, and how Placement shows it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;

use super::class::ClassName;
use super::inventory::Inventory;
use super::tree::Amounts;
use crate::http::microversion::Microversion;
use crate::http::versions::placement as v;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Provider {
    pub uuid: Uuid,
    pub name: String,
    pub parent: Option<Uuid>,
    pub root: Uuid,
    /// Rises with every change of what the tree has or gives.
    pub generation: u64,
    pub inventories: BTreeMap<ClassName, Inventory>,
    pub used: Amounts,
    pub traits: BTreeSet<String>,
}

impl Provider {
    #[must_use]
    pub fn view(&self, version: Microversion) -> Value {
        let path = format!("/placement/resource_providers/{}", self.uuid);
        let mut rels = vec!["inventories", "usages"];
        let added = [
            (v::PROVIDER_AGGREGATES, "aggregates"),
            (v::TRAITS, "traits"),
            (v::ALLOCATIONS_LINK, "allocations"),
        ];
        rels.extend(added.into_iter().filter(|(since, _)| version >= *since).map(|(_, rel)| rel));
        let below = rels.into_iter().map(|rel| json!({"rel": rel, "href": format!("{path}/{rel}")}));
        let links: Vec<Value> = std::iter::once(json!({"rel": "self", "href": path})).chain(below).collect();
        let mut shown =
            json!({"uuid": self.uuid, "name": self.name, "generation": self.generation, "links": links});
        if version >= v::NESTED {
            shown["parent_provider_uuid"] = json!(self.parent);
            shown["root_provider_uuid"] = json!(self.root);
        }
        shown
    }
}

/// Units by the names of their classes.
#[must_use]
pub fn amounts(amounts: &Amounts) -> Value {
    amounts
        .iter()
        .map(|(class, units)| (class.to_string(), json!(units)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
