"""A line's policy in plain words: what it takes to be released, and what ends a release."""

from dataclasses import fields

from slipway.domain.canary import CanaryRule
from slipway.domain.clusters import ClusterLine
from slipway.domain.line import Line
from slipway.domain.policy import Policy
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.retention import KINDS, Retention
from slipway.domain.stage import Stage
from slipway.gates import gates_for
from slipway.lines.cron_words import when
from slipway.release import explain_predictions


def explain(line: Line) -> str:
    """What ``slipway policy`` prints: every stage with its gates and numbers, top to bottom."""
    policy = line.policy
    paired = isinstance(policy, PredictionPolicy) and policy.paired
    parts = [
        f"{line.name}: {line.about}",
        f"Retrained {when(line.cron, line.schedule.zone)}, judged on the week just ended.",
        "",
        _offline(line),
        _shadow(policy),
        *([] if line.kind == "prediction" else [_interleaved(policy)]),
        *(_canary(rule) + _evidence(rule, policy, paired=paired) for rule in policy.canary),
        *([] if paired else [_full(policy)]),
        _review(policy),
        _watch(policy),
        "",
        _stops(line, paired=paired),
        _holdouts(policy),
        _kept(line.retention),
    ]
    return "\n".join(parts)


def _kept(retention: Retention) -> str:
    days = ", ".join(f"{kind} {getattr(retention, f'{kind}_days'):g}" for kind in KINDS)
    return (
        f"Kept, in days: {days}; what a standing version needs stays. A week can be made again for "
        f"{retention.backfill_days:g} days."
    )


def _gates(stage: Stage, policy: Policy) -> str:
    return ", ".join(gates_for(stage, has_champion=True, policy=policy))


def _quantiles(p: Policy) -> str:
    return ", ".join(f"p{100 * quantile:g}" for quantile in p.latency_quantiles)


def _means(p: Policy) -> str:
    return "".join(f", {mean.name} not {mean.margin:.0%} lower" for mean in p.means)


def _offline(line: Line) -> str:
    p = line.policy
    asked = f"offered    no user. Passes on the held-out week: {_gates(Stage.OFFERED, p)}. "
    if isinstance(p, PredictionPolicy):
        return asked + explain_predictions.offline(p, line.primary)
    return (
        f"{asked}Log-loss at most {p.logloss_margin:.1%} and NDCG at most {p.ndcg_margin:.1%} worse than the "
        f"champion (seed noise counted), category mix moved at most {p.category_mix_max:.0%} beyond the "
        f"seeds', scoring at most {p.latency_ratio_max:g} x as slow; a gain above {p.too_good:.0%} "
        "must be explained. Undecided is not released."
    )


def _shadow(p: Policy) -> str:
    said = (
        f"shadow     no user. Scores {p.shadow_min_requests} requests over {p.shadow_min_hours:g} h, "
        f"at most {p.max_error_rate:.1%} errors."
    )
    if isinstance(p, PredictionPolicy) and p.paired:
        return f"{said} {explain_predictions.paired_shadow(p)}"
    return said


def _interleaved(p: Policy) -> str:
    if p.no_interleaving:
        return f"interleaved skipped: {p.no_interleaving}."
    return (
        f"interleaved {p.interleave_share:.1%} of users see one list drafted of both models', for "
        f"{p.interleave_hours:g} h and {p.interleave_lists} lists at least. Clicks on it return the candidate "
        f"where users prefer the champion's items at {1 / p.interleave_level:g} to 1 (one as good with "
        f"probability at most {p.interleave_level:.0%}); the margin is proven by the stages after it."
    )


def _canary(rule: CanaryRule) -> str:
    return f"{rule.stage:<10} {rule.share:.1%} of users, at least {rule.min_hours:g} h"


def _evidence(rule: CanaryRule, p: Policy, *, paired: bool) -> str:
    if paired:
        asked = _gates(rule.stage, p)
        return f"; goes on when nothing is wrong with {asked}: quality was decided in the shadow."
    return (
        f" and {p.min_exposures} exposures; goes on when harm of {rule.harm_excluded:.0%} is excluded "
        f"({p.advance_e:g} to 1)."
    )


def _full(p: Policy) -> str:
    return (
        f"           The last one also needs:{_days(p)} proof at {1 / p.beta:g} to 1 that it loses less "
        f"than {p.margin:.0%} to the champion{_beats_rules(p)}; that errors stay below "
        f"{p.max_error_rate:.1%}, slow answers ({_quantiles(p)}) below {p.latency_margin:g} x as many"
        f"{_means(p)}; and at {p.advance_e:g} to 1 that all releases of {p.creep_days:g} days "
        f"together lost less than {p.creep_margin:.0%}."
    )


def _beats_rules(p: Policy) -> str:
    return " and beats the rules" if p.rules_share else ""


def _days(p: Policy) -> str:
    if not p.both_weekday_types:
        return ""
    return (
        f" harm of {p.day_harm_excluded:.0%} excluded at {p.day_e:g} to 1 on working days by "
        "themselves, and on weekends;"
    )


def _review(p: Policy) -> str:
    return (
        f"approval   {p.canary[-1].share:.1%} of users. {_who(p)} this "
        f"very evidence; after {p.timeout_days:g} days without an answer the release ends.{_drill(p)}"
    )


def _who(p: Policy) -> str:
    if p.reviewers > 1:
        return "Two reviewers, neither of them the author, approve"
    return "A reviewer who is not the author approves"


def _drill(p: Policy) -> str:
    if not p.drill_max_age_days:
        return ""
    return f" A rollback drill of the last {p.drill_max_age_days:g} days is asked for."


def _watch(p: Policy) -> str:
    held = (
        f"nobody is held back: {p.no_hold_back}"
        if p.no_hold_back
        else f"the previous champion keeps {p.previous_share:.1%} of users until then, or until the next "
        "promotion"
    )
    gates = ", ".join(gates_for(Stage.CHAMPION, has_champion=True, policy=p))
    return (
        f"champion   watched for {p.watch_days:g} days in which it was seen ({gates}); "
        f"{held}. Evidence begins again every {p.watch_restart_days:g} days, and all starts share one "
        f"budget of {p.alpha:.0%}; harm restores the previous champion."
    )


def _stops(line: Line, *, paired: bool) -> str:
    p, of = line.policy, "clicks" if line.kind == "ranking" else line.primary.name
    if paired:
        return (
            f"At every look, more errors than {p.max_error_rate:.1%}, proof of more slow answers, or users not "
            f"assigned as planned ({p.srm_alpha:.0%}) return the release. Undecided for {p.timeout_days:g} days in "
            "the shadow or on live traffic ends it. No data never promotes."
        )
    guarded = ", ".join((of, "segments", "latency", "errors", *(m.name for m in p.means)))
    return (
        f"At every look, any proof of harm returns the release at once: {guarded} together at "
        f"{1 / p.alpha:g} to 1 (a harmless one is returned with probability at most {p.alpha:.0%} "
        f"over the whole release), users not assigned as planned ({p.srm_alpha:.0%}), or a gain above "
        f"{p.too_good_live:.0%} that nobody would believe. Undecided for {p.timeout_days:g} days in "
        "the shadow or on live traffic ends it. No data never promotes."
    )


def _holdouts(p: Policy) -> str:
    if isinstance(p, PredictionPolicy) and not p.rules_share and not p.explore_share:
        return f"Nobody is held out for the rules: {p.no_hold_out_because}."
    by_chance = "answers by chance" if isinstance(p, PredictionPolicy) else "randomised lists"
    return (
        f"Always held out: {p.rules_share:.0%} of users for the rules, {p.explore_share:.0%} for "
        f"{by_chance}."
    )


def explain_clusters(line: ClusterLine) -> str:
    """The same for a line of clusters: its stages, then every number with its unit and meaning."""
    stages = " → ".join(line.policy.stages)
    knobs = (
        f"{each.name} = {getattr(line.policy, each.name)} ({each.metadata['unit']}): "
        f"{each.metadata['about']}"
        for each in fields(line.policy)
    )
    return "\n".join(
        (f"{line.name}: {line.about}", f"stages: {stages}", *knobs, _kept(line.retention))
    )
