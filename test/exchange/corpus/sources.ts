/** Runbooks in the forms that people have, each with what is particular to its form. */
export const SEED = `# runbook-rollback.yaml
name: Application Rollback
description: Procédure de rollback d'urgence

triggers:
  - Error rate > 10% for 5m
  - p99 latency > 5s for 5m
  - Multiple pod crashes

decision_tree:
  1_assess:
    question: "Le problème est-il lié au dernier déploiement?"
    yes: goto 2_rollback
    no: "Investiguer autres causes"
  2_rollback:
    question: "Y a-t-il des migrations DB dans ce déploiement?"
    yes: "Évaluer la compatibilité avant rollback"
    no: goto 3_execute
  3_execute:
    steps:
      - "kubectl rollout undo deployment/api -n production"
      - "kubectl rollout status deployment/api -n production"
      - "Vérifier /health endpoint"
      - "Vérifier métriques Grafana"
  4_validate:
    checks:
      - "Error rate < 1%"
      - "p99 latency < 500ms"
      - "Tous les pods healthy"
  5_communicate:
    - "Notifier #ops-alerts"
    - "Mettre à jour status page"
    - "Créer ticket post-mortem"

contacts:
  oncall: "#ops-oncall"
  escalation: "@platform-lead"
`

export const SCRIPT = `#!/bin/bash
set -e
NAMESPACE="\${1:-production}"
DEPLOYMENT="\${2:-api}"
REVISION="\${3:-}"
if [ -z "$REVISION" ]; then
  echo "previous"
  kubectl rollout undo deployment/$DEPLOYMENT -n $NAMESPACE
else
  kubectl rollout undo deployment/$DEPLOYMENT -n $NAMESPACE --to-revision=$REVISION
fi
kubectl rollout status deployment/$DEPLOYMENT -n $NAMESPACE --timeout=5m
curl -fsS https://shop.example.org/health || { echo bad; exit 1; }
`

export const WORKFLOW = `name: Rollback
on:
  workflow_dispatch:
    inputs:
      environment:
        type: choice
        options: [staging, production]
      version:
        required: true
jobs:
  rollback:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Helm
        run: |
          REVISION=$(helm history api -n \${{ inputs.environment }} | grep \${{ inputs.version }} | awk '{print $1}')
          helm rollback api $REVISION -n \${{ inputs.environment }} --wait
      - if: always()
        uses: slackapi/slack-github-action@v1
        with:
          payload: '{"text": "to \${{ inputs.version }}"}'
`

export const MARKDOWN = `# Shop
## Before
- [ ] Tell the team
## Kubernetes
\`\`\`bash
kubectl rollout undo deployment/shop -n prod
\`\`\`
## Helm
\`\`\`
$ helm rollback shop 3 -n prod
Rollback was a success!
\`\`\`
1. Look at the dashboard
`

/** Command lines that destroy more than a rollback may. */
export const DANGERS = [
  'npx prisma migrate reset',
  'npx prisma migrate dev',
  'npx prisma db push --accept-data-loss',
  'prisma db push --force-reset',
  'npx knex migrate:rollback --all',
  'npx sequelize-cli db:migrate:undo:all',
  'kubectl exec deploy/api -- npx prisma migrate reset --force',
  'kubectl delete pods --all -n shop',
  'rm -rf /var/lib/shop',
  'flyway clean',
  'liquibase drop-all',
  'bin/rails db:reset',
  'alembic downgrade base',
  'helm uninstall shop',
  'git push --force origin main',
]
