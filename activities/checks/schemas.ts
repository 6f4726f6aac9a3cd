import { z } from 'zod'
import type { MeasurementKind, MeasurementKinds } from '../../model/measurement.ts'
import { AbortedMeasurement, abortedKind } from './aborted/schema.ts'
import { ArgoAnalysisMeasurement, argoAnalysisKind } from './argo-analysis/schema.ts'
import { ArgoCdMeasurement, argoCdCheckKind } from './argo-cd/schema.ts'
import { CrashingMeasurement, crashingKind } from './crashing/schema.ts'
import { FluxMeasurement, fluxKind } from './flux/schema.ts'
import { GrafanaMeasurement, grafanaKind } from './grafana/schema.ts'
import { HttpMeasurement, httpKind } from './http/schema.ts'
import { OpenFeatureMeasurement, openFeatureKind } from './openfeature/schema.ts'
import { PodsMeasurement, podsKind } from './pods/schema.ts'
import { PostgresMeasurement, postgresKind } from './postgres/schema.ts'
import { PrometheusMeasurement, prometheusKind } from './prometheus/schema.ts'

/** Every kind of measurement, without the code that acts: zod only, so that the API and the CLI can load it. */
export const measurements: MeasurementKinds = {
  http: httpKind as unknown as MeasurementKind,
  prometheus: prometheusKind as unknown as MeasurementKind,
  grafana: grafanaKind as unknown as MeasurementKind,
  openfeature: openFeatureKind as unknown as MeasurementKind,
  'argo-analysis': argoAnalysisKind as unknown as MeasurementKind,
  'argo-cd': argoCdCheckKind as unknown as MeasurementKind,
  flux: fluxKind as unknown as MeasurementKind,
  aborted: abortedKind as unknown as MeasurementKind,
  pods: podsKind as unknown as MeasurementKind,
  postgres: postgresKind as unknown as MeasurementKind,
  crashing: crashingKind as unknown as MeasurementKind,
}

/** Any measurement, as a check of a runbook writes it. */
export const Measurement = z
  .union([
    HttpMeasurement,
    PrometheusMeasurement,
    GrafanaMeasurement,
    OpenFeatureMeasurement,
    ArgoAnalysisMeasurement,
    ArgoCdMeasurement,
    FluxMeasurement,
    AbortedMeasurement,
    PodsMeasurement,
    PostgresMeasurement,
    CrashingMeasurement,
  ])
  .meta({ id: 'Measurement' })
export type Measurement = z.infer<typeof Measurement>
