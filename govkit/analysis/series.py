"""A monthly series: season, a break at a stated date, the next months; never on fewer points than a method needs.

By statsmodels (extra ``research``): STL (Cleveland et al. 1990), segmented regression with Newey-West errors (Wagner et
al., Journal of Clinical Pharmacy and Therapeutics 27 (2002) 299-309), exponential smoothing by state space (Hyndman et
al. 2008).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.effect.timeline import Moment, moment, written_date
from govkit.analysis.finite import finite
from govkit.analysis.notes import listed, note
from govkit.errors import GovkitError

_SEASON = 12
_LEAST_SEASONS = 2
_LEAST_EACH_SIDE = 8
# The rest of a robust STL has long tails even where nothing happened: three deviations would mark too much.
_FAR = 4


def _monthly(series: pd.Series, *, least: int, what: str, gaps: bool = False, still: bool = False) -> pd.Series:
    """Return a series on all its months; raise GovkitError for too few, and where they do not do, for gaps or for a
    series that never moves.
    """
    if not isinstance(series, pd.Series):
        raise GovkitError(f"要一列数（pandas.Series），现在给的是 {type(series).__name__}。")
    found = series.copy()
    found.index = pd.PeriodIndex([pd.Period(_day(one, "序列的索引"), freq="M") for one in found.index], freq="M")
    if found.index.has_duplicates:
        raise GovkitError("同一个月有多个数。", todo="请先按月汇总：series.groupby(level=0).sum()。")
    found = finite(found.sort_index(), "序列").dropna()
    if len(found) < least:
        raise GovkitError(
            f"{what}至少要 {least} 个月的数，现在有 {len(found)} 个月。", todo="请补上更早的月份；补不上的，只作描述。"
        )
    if found.nunique() < 2 and not still:
        what = f"{len(found)} 个月的数全部相同（{found.iloc[0]:g}），{what}给不出误差。"
        raise GovkitError(what, todo="请核对是不是没有填报；确实没有变过的，只作描述。")
    whole = found.reindex(pd.period_range(found.index[0], found.index[-1], freq="M"))
    if whole.isna().any() and not gaps:
        missing = "、".join(map(str, whole.index[whole.isna()][:5]))
        raise GovkitError(f"中间缺 {int(whole.isna().sum())} 个月：{missing}。", todo=f"{what}要求月份连续，请补上。")
    return whole


def seasonal(series: pd.Series) -> pd.DataFrame:
    """Return a monthly series taken apart by STL, robust to single months, its season the same each year.

    Columns: ``value``, ``trend`` (over two years), ``season``, ``rest``, ``unusual`` (boolean: the rest lies beyond
    four robust deviations, ask why; of little power below five years). Raises GovkitError for fewer than two whole
    years or gaps.
    """
    from statsmodels.tsa.seasonal import STL

    found = _monthly(series, least=_SEASON * _LEAST_SEASONS, what="分解季节", still=True)
    whole_years = {"seasonal": 10 * len(found) + 1, "seasonal_deg": 0, "trend": 2 * _SEASON + 1}
    fitted = STL(found.to_numpy(), period=_SEASON, robust=True, **whole_years).fit()
    rest = pd.Series(fitted.resid, index=found.index)
    spread = 1.4826 * float((rest - rest.median()).abs().median())
    # what arithmetic alone leaves of a series that never moves is nothing unusual
    moves = spread > 1e-9 * max(float(found.abs().max()), 1e-9)
    unusual = (rest - rest.median()).abs() > _FAR * spread if moves else pd.Series(False, index=rest.index)
    return pd.DataFrame(
        {"value": found, "trend": fitted.trend, "season": fitted.seasonal, "rest": rest, "unusual": unusual}
    )


def _day(one: Any, what: str) -> pd.Timestamp:
    """Return the first day of a month, or the day, that somebody wrote in any way."""
    read = moment(one)
    read = written_date(read) if isinstance(read, float) else read
    if not isinstance(read, Moment) or read.stretch not in {"M", "D"}:
        allowed = "2017-05、201705、2017年5月、2017-05-01、pandas 的月份或日期"
        raise GovkitError(f"{what}应为月份，现在有 {one!r}。", allowed=allowed)
    return read.day


@dataclass(frozen=True, eq=False)
class Interrupted:
    """A break at a stated date: ``table`` (rows ``level``, ``slope``: ``change``, ``low``, ``high``, ``p``), ``fitted``
    (``value``, ``fitted``, ``without``: what the old trend gives), how many months each side, and what to bear in mind.
    """

    table: pd.DataFrame
    fitted: pd.DataFrame
    before: int
    after: int
    lags: int
    notes: tuple[str, ...]

    def _repr_html_(self) -> str:
        return listed(self.notes) + self.table.to_html(float_format="{:.4g}".format)


def interrupted_series(
    series: pd.Series, at: Any, *, season: bool | None = None, lags: int | None = None
) -> Interrupted:
    """Return how the level and the slope of a monthly series changed at a date, with Newey-West intervals (95 %).

    ``at``: the first month of the reform; a date within a month keeps that month out. ``season``: months of the year as
    well (default: with two whole years on each side). ``lags``: by default Newey and West's 4 (n / 100)^2/9.
    Without other places to compare with, whatever else changed then is in it: the notes say so. Raises GovkitError for
    fewer than eight months on a side.
    """
    import statsmodels.api as sm

    whole = _monthly(series, least=2 * _LEAST_EACH_SIDE, what="间断时间序列", gaps=True)
    day = _day(at, "改革时间（at）")
    if lags is not None and lags < 0:
        raise GovkitError(f"lags 应不小于 0，现在是 {lags!r}。")
    first = pd.Period(day, freq="M")
    if day > first.start_time:
        whole = whole.where(whole.index != first)
        first += 1
    found = whole.dropna()
    after = found.index >= first
    counts = int((~after).sum()), int(after.sum())
    if min(counts) < _LEAST_EACH_SIDE:
        raise GovkitError(
            f"改革前后各要 {_LEAST_EACH_SIDE} 个月，现在前 {counts[0]} 个月、后 {counts[1]} 个月。",
            todo="请补上月份，或等数据够了再做。",
        )
    time = np.array([(month - first).n for month in found.index], dtype=float)
    columns = {
        "const": np.ones(len(found)),
        "time": time,
        "level": after.astype(float),
        "slope": np.where(after, time, 0.0),
    }
    seasons = min(counts) >= 2 * _SEASON if season is None else season
    months = pd.get_dummies(found.index.month, drop_first=True, dtype=float) if seasons else pd.DataFrame()
    design = pd.DataFrame(columns).join(months.add_prefix("m") if seasons else pd.DataFrame(index=range(len(found))))
    used = int(4 * (len(found) / 100) ** (2 / 9)) if lags is None else lags
    fit = sm.OLS(found.to_numpy(), design.to_numpy()).fit(cov_type="HAC", cov_kwds={"maxlags": used}, use_t=True)
    names = list(design.columns)
    places, bounds = [names.index("level"), names.index("slope")], fit.conf_int()
    table = pd.DataFrame(
        [(fit.params[at_], *bounds[at_], fit.pvalues[at_]) for at_ in places],
        columns=["change", "low", "high", "p"], index=["level", "slope"],
    )  # fmt: skip
    without = design.assign(level=0.0, slope=0.0).to_numpy() @ fit.params
    fitted = pd.DataFrame({"value": found, "fitted": fit.fittedvalues, "without": without}, index=found.index)
    notes = [note("interrupted", before=counts[0], after=counts[1], lags=used), note("no_control")]
    notes += [] if seasons else [note("no_season")]
    return Interrupted(table, fitted, *counts, used, tuple(notes))


def forecast(series: pd.Series, *, months: int = 3, confidence: float = 0.95) -> pd.DataFrame:
    """Return the next months of a monthly series: ``value``, ``low``, ``high``, and ``method`` (what was fitted).

    Additive exponential smoothing with damped trend, and season from two whole years on. The interval, at
    ``confidence``, is that of the model, which assumes that things go on as they did. Raises GovkitError for fewer than
    twelve months or gaps.
    """
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    if months < 1 or not 0 < confidence < 1:
        raise GovkitError(f"months 应不小于 1，confidence 在 0 和 1 之间，现在是 {months!r}、{confidence!r}。")
    found = _monthly(series, least=_SEASON, what="预测")
    seasons = len(found) >= _SEASON * _LEAST_SEASONS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ETSModel(
            found, error="add", trend="add", damped_trend=True, seasonal="add" if seasons else None,
            seasonal_periods=_SEASON if seasons else None,
        )  # fmt: skip
        made = model.fit(disp=False).get_prediction(start=len(found), end=len(found) + months - 1)
        bounds = made.summary_frame(alpha=1 - confidence)
    index = pd.period_range(found.index[-1] + 1, periods=months, freq="M")
    said = "指数平滑（阻尼趋势" + ("、季节）" if seasons else "，月份不足两年，不含季节）")
    columns = {"value": "mean", "low": "pi_lower", "high": "pi_upper"}
    return pd.DataFrame({new: bounds[old].to_numpy() for new, old in columns.items()}, index=index).assign(method=said)
