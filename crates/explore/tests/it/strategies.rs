//! Random runs: the same for whoever runs them, and each of them the same a second time.

use steadfast_explore::{Draw, Sample, sample};

use crate::program::Draws;
use crate::violations::unwanted;

const DRAWS: [Draw; 4] = [Draw::Walk, Draw::Pos, Draw::Pct { changes: 2 }, Draw::Portfolio];

#[test]
fn every_schedule_is_the_same_a_second_time() {
    for seed in 0..40 {
        let program = Draws(seed).program();
        for draw in DRAWS {
            let sampled = sample(
                &program,
                &Sample {
                    draw,
                    seed,
                    runs: 0..50,
                    twice: true,
                    stop_at_violation: false,
                    ..Sample::default()
                },
            );
            let sampled = sampled.expect("programs end");
            assert_eq!(sampled.unsteady, Vec::<u64>::new(), "seed {seed}, {draw:?}");
            assert_eq!(sampled.schedules, 50);
        }
    }
}

/// Runs that two workers share are the runs that one of them would have made, and the first that goes wrong is the
/// same.
#[test]
fn runs_do_not_depend_on_who_makes_them() {
    let mut wrong = 0;
    for scenario in unwanted().take(20) {
        for draw in DRAWS {
            let part = |runs| {
                let options = Sample { draw, runs, stop_at_violation: false, ..Sample::default() };
                sample(&scenario, &options).expect("programs end")
            };
            let (all, first, second) = (part(0..60), part(0..25), part(25..60));
            wrong += all.violations;
            assert_eq!(all.steps, first.steps + second.steps, "{draw:?}");
            assert_eq!(all.violations, first.violations + second.violations, "{draw:?}");
            assert_eq!(all.violation, first.violation.or(second.violation), "{draw:?}");
        }
    }
    assert!(wrong > 0);
}
