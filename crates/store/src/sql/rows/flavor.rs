//! `flavor`: the sizes that users ask for.

use steadfast_model::flavor::Flavor;

use crate::sql::columns::columns;

columns! {
    Flavor {
        id, name, vcpus, memory_mb, root_gb, ephemeral_gb, swap_mb, is_public, description, extra_specs: json, created_at,
    }
}
