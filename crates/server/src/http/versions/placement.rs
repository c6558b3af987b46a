//! Placement's versions. A version without a name changes nothing that this site serves.

use super::versions;
use crate::http::microversion::{Change, Microversion, Versions};

pub static VERSIONS: Versions = Versions { service_type: "placement", legacy: None, list: LIST };

versions! { 1:
    0 => "providers, inventories, usages, allocations"
    1 PROVIDER_AGGREGATES => "aggregates of providers"
    2 RESOURCE_CLASSES => "resource classes are a resource"
    3 FILTER_AGGREGATES => "providers may be filtered by aggregate"
    4 FILTER_RESOURCES => "providers may be filtered by what they can give"
    5 DELETE_INVENTORIES => "all inventories of a provider can be deleted"
    6 TRAITS => "traits"
    7 => "resource classes are made by PUT"
    8 => "allocations name their project and user"
    9 PROJECT_USAGES => "usages of projects"
    10 CANDIDATES => "allocation candidates"
    11 ALLOCATIONS_LINK => "providers link to their allocations"
    12 ALLOCATION_OWNER => "allocations are keyed by provider and show project and user"
    13 POST_ALLOCATIONS => "several consumers' allocations are written together"
    14 NESTED => "providers have parents and roots"
    15 CACHE_HEADERS => "answers say when what they show last changed"
    16 => "candidates may be limited"
    17 => "candidates may require traits"
    18 FILTER_TRAITS => "providers may be filtered by required traits"
    19 AGGREGATES_GENERATION => "aggregates carry the provider's generation"
    20 => "a provider's creation answers with it"
    21 => "candidates may be filtered by aggregate"
    22 => "traits may be forbidden"
    23 ERROR_CODES => "errors carry a code"
    24 => "member_of may be repeated"
    25 => "granular groups of candidates"
    26 => "all of an inventory may be reserved"
    27 => "candidates summarise all classes"
    28 CONSUMER_GENERATION => "consumers have a generation"
    29 => "candidates from nested providers"
    30 RESHAPER => "reshaper"
    31 => "candidates may be filtered by tree"
    32 => "aggregates may be forbidden"
    33 => "groups of candidates may have names"
    34 => "candidates map groups to providers"
    35 => "traits of a tree's root may be required"
    36 => "groups from the same subtree"
    37 => "providers may change parents"
    38 CONSUMER_TYPE => "consumers have a type"
    39 => "any of several traits may be required"
}
