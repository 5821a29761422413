"use strict";
// A share as the pages in English say it.

function percent(p) {
  return p > 0.995 && p < 1 ? "> 99 %" : p < 0.005 ? "< 1 %" : Math.round(100 * p) + " %";
}
