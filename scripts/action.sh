#!/usr/bin/env bash
# What action.yml runs. Inputs come as INPUT_* variables and are never part of a script's text.
set -euo pipefail

if ! command -v pipeline > /dev/null; then
  python3 -m venv "${RUNNER_TEMP:-/tmp}/pipeline-venv"
  "${RUNNER_TEMP:-/tmp}/pipeline-venv/bin/python" -m pip install --quiet "$GITHUB_ACTION_PATH[kustomize]"
  export PATH="${RUNNER_TEMP:-/tmp}/pipeline-venv/bin:$PATH"
fi

plan() {
  local base="${INPUT_BASE:-}" code=0
  if [ -z "$base" ] && [ -n "${BASE_REF:-}" ]; then base="merge-base:origin/$BASE_REF"; fi
  case "$base" in -*) echo "base: $base is no revision" >&2; return 64 ;; esac
  mkdir -p "$INPUT_OUT"
  pipeline vendor --locked
  pipeline render --check
  local -a more=(--double-check)
  if [ -n "${INPUT_SHARD:-}" ]; then more+=(--shard "$INPUT_SHARD"); fi
  if [ -n "${INPUT_FAIL_ON:-}" ]; then more+=(--fail-on "$INPUT_FAIL_ON"); fi
  pipeline diff "${more[@]}" -o "json=$INPUT_OUT/report.json" -o "html=$INPUT_OUT/report.html" \
    -o "sarif=$INPUT_OUT/report.sarif" -o "junit=$INPUT_OUT/report.xml" -o "summary=$INPUT_OUT/summary.md" \
    -o terminal -o annotations "${base:-merge-base}" worktree || code=$?
  if [ -f "$INPUT_OUT/report.json" ]; then
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$INPUT_OUT/summary.md" >> "$GITHUB_STEP_SUMMARY"; fi
    outputs "$INPUT_OUT/report.json"
  fi
  return "$code"
}

cluster_plan() {
  local code=0
  pipeline plan --environment "$INPUT_ENVIRONMENT" --out "$INPUT_PLAN_FILE" --detailed-exitcode \
    -o terminal -o "markdown=${GITHUB_STEP_SUMMARY:-/dev/null}" || code=$?
  case "$code" in
    0) echo "changes=false" >> "${GITHUB_OUTPUT:-/dev/null}" ;;
    2) echo "changes=true" >> "${GITHUB_OUTPUT:-/dev/null}" ;;
    *) return "$code" ;;
  esac
  echo "plan-digest=sha256:$(sha256sum "$INPUT_PLAN_FILE" | cut -d " " -f 1)" >> "${GITHUB_OUTPUT:-/dev/null}"
}

# It fails closed: without a review of this run that GitHub itself recorded, approve refuses.
apply() {
  pipeline approve "$INPUT_PLAN_FILE" --github-run "$GITHUB_RUN_ID"
  pipeline apply "$INPUT_PLAN_FILE"
}

# Short words and digests only: they cannot forge another output.
outputs() {
  python3 - "$1" >> "${GITHUB_OUTPUT:-/dev/null}" <<'PYTHON'
import json
import sys

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    report = json.load(file)
words = {"verdict": report["verdict"], "render-digest": report["digests"]["render"], "report": path}
for name, word in words.items():
    assert "\n" not in word, name
    print(f"{name}={word}")
PYTHON
}

case "$INPUT_COMMAND" in
  plan) if [ -n "${INPUT_ENVIRONMENT:-}" ]; then cluster_plan; else plan; fi ;;
  comment) pipeline comment "$INPUT_REPORT" --page "${INPUT_PAGE:-}" ;;
  apply) apply ;;
  *)
    echo "::error::unknown command; one of plan, comment, apply" >&2
    exit 64
    ;;
esac
