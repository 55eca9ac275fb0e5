// SPDX-License-Identifier: Apache-2.0
// The types that the schema is made of: the dashboard, and what it leaves open in a panel: the
// options of each kind of panel, and a graph's own field settings.
import type { Dashboard } from '@grafana/schema';
import type {
  FieldConfig, Options as TimeSeries,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type {
  Options as Stat,
} from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type {
  Options as BarGauge,
} from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';

export interface Model {
  dashboard: Dashboard;
  options: { timeseries: TimeSeries; stat: Partial<Stat>; bargauge: Partial<BarGauge> };
  custom: { timeseries: FieldConfig };
}
