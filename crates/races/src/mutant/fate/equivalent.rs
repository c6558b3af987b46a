//! Mutants that come to what the shipped code comes to.

/// Why each of these cannot be caught.
pub(super) const EQUIVALENT: &[(&str, &str)] = &[
    ("torn boot.request", "it reads nothing, and the rows that it writes are new"),
    (
        "forgotten start.request order",
        "a late answer to the order before has an older number within one life, and another life voids it",
    ),
    (
        "blind boot.no_host attempt",
        "a boot is overtaken by a deletion only, and a deleted instance absorbs what would be written",
    ),
    (
        "blind device that is missing",
        "a device that the host does not list is in the store only while it has an owner, and then it is \
         refused for that",
    ),
    ("blind claim on a removed host", "a removed host has no registered life, and is refused for that"),
    ("blind claim on a fenced host", "a fenced host has no registered life, and is refused for that"),
    ("blind schedule, any host", "the fleet only proposes: the claim reads the host again"),
    ("blind schedule, any device", "the fleet only proposes: the claim reads the devices again"),
    (
        "blind report of the unregistered",
        "whatever ends a registration raises the epoch, so the report is refused for its epoch",
    ),
    (
        "blind list of the unregistered",
        "whatever ends a registration raises the epoch, so the question is refused for its epoch",
    ),
    (
        "blind list epoch",
        "a life that is over while no other is registered is refused for that, and one that another life \
         follows is dead: nobody hears the answer, and a claim that counts as told too early only waits for \
         an agent",
    ),
    ("blind order of gone", "a claim that is leaving stays so, under one order: `gone` can answer no other"),
    (
        "blind receipt, intent",
        "whatever overtakes a fencing raises the epoch, which the receipt compares as well",
    ),
    ("blind receipt, life", "a life that registers raises the epoch, which the receipt compares as well"),
    (
        "blind evacuate.request others hot",
        "no operation ends while a claim that it left behind is hot, and a claim without permission never \
         becomes so",
    ),
    (
        "forgotten evacuate.request list_gen",
        "the source is fenced: no life of it waits for a list, and the next one registers first",
    ),
    (
        "forgotten evacuate.request order",
        "the source is fenced: answers to the order before are of a life that is over",
    ),
    (
        "forgotten evacuate.abort order",
        "of a claim that is leaving only `gone` counts, and no earlier order can be answered so",
    ),
    (
        "forgotten delete order",
        "of a claim that is leaving only `gone` counts, and no earlier order can be answered so",
    ),
    (
        "forgotten roll_back.end order",
        "nothing waits for what the source says after a roll-back, and the next operation raises its order",
    ),
    (
        "forgotten evacuate.hand_over said",
        "the destination is wanted as before, and nothing looks at what a leaving claim said",
    ),
    (
        "forgotten roll_back.end said",
        "nothing waits for what the source says after a roll-back, and the next operation clears it",
    ),
    (
        "forgotten start.request said",
        "the claim of a stopped instance said `off` or nothing, and a start waits for neither",
    ),
    ("forgotten delete attempt", "a deletion also ends the operation, and no other can begin after it"),
    ("forgotten register list_gen", "a new life has no list, and asks for its first one at once"),
    (
        "forgotten register fence intent",
        "the registration raises the epoch, which the receipt compares as well",
    ),
    (
        "forgotten fence.intent said",
        "the receipt or the next registration clears it, and until then it was the last word of a life that \
         had said so in time",
    ),
    (
        "forgotten fence.receipt intent",
        "the same receipt again writes what is there, and whatever comes between raises the epoch",
    ),
    (
        "forgotten force_down said",
        "what is said of a fenced host is not looked at, and the next registration clears it",
    ),
    (
        "forgotten remove_host epoch",
        "a removed host admits nobody, and once it is re-admitted it is unregistered, at an epoch that no \
         life has lived",
    ),
    ("twice hello", "it reads"),
    ("twice register", "the same nonce again gets the same answer"),
    ("twice list", "what counts as told counts so once, and the second list is as good as the first"),
    (
        "twice report",
        "an answer that is written down is written down once, and a census of the same number is old",
    ),
    ("twice boot.claim", "the second time the claim is there: the operation goes on with it"),
    ("twice evacuate.claim", "the second time the claim is there: the operation goes on with it"),
    ("twice evacuate.no_host", "the second time the operation is over"),
    ("twice advance", "each step is decided anew from the rows"),
    ("twice delete", "the second time the instance is deleted, and only the person who asked hears so"),
    ("twice fence.intent", "the life is shut out once more, and the receipt compares the newer intent"),
    (
        "twice force_down",
        "it is the same assertion a little later: whoever registered between registers again",
    ),
    (
        "twice unforce_down",
        "there is nothing left to take back, or what was asserted between is taken back by the later word",
    ),
    ("twice disable", "it is the same wish a little later: of two who differ the later one prevails"),
    ("twice remove_host", "the second time the host is removed, and only the person who asked hears so"),
    ("twice readmit_host", "the second time the host is not removed, and only the person who asked hears so"),
    (
        "twice assert_clean",
        "the second time the device is clean, or dirty of something else, and only the person who asked hears \
         so",
    ),
    ("twice act destroy", "guests are named after claims, which are never used again"),
    (
        "blind migrate.request living source",
        "a move waits until its source is quiet, whoever says so: it is refused so that its operator need not \
         wait",
    ),
    (
        "blind revert.request living source",
        "a revert waits until the host lives that it leads to, or is given up: it is refused so that nobody \
         need wait",
    ),
    (
        "blind advance, what is kept is off",
        "nothing but an order of ours takes away what is kept: that its agent has seen it in this life is for \
         machines that lose their disks",
    ),
    (
        "forgotten migrate.go_on order",
        "what the destination said of the order before is that the guest is off or could not be defined: \
         neither is an arrival of one that is wanted on",
    ),
    (
        "forgotten migrate.go_on said",
        "what the destination said before is that the guest is off, and that is no arrival of one that is \
         wanted on",
    ),
    ("twice migrate.claim", "the second time the claim is there: the operation goes on with it"),
    ("twice migrate.no_host", "the second time the operation is over"),
    ("twice confirm", "the second time the move is confirmed, and only the person who asked hears so"),
];
