// SPDX-License-Identifier: Apache-2.0
// What Prometheus answered, as the frames that Grafana's components draw.
import { FieldType, createDataFrame, getDisplayProcessor } from '@grafana/data';

// A threshold without a value reaches down for ever; JSON has no word for that.
function fieldConfig(defaults) {
  const steps = defaults.thresholds.steps.map((step) => ({ ...step, value: step.value ?? -Infinity }));
  return { ...defaults, thresholds: { ...defaults.thresholds, steps } };
}

function withDisplay(frame, theme) {
  for (const field of frame.fields) {
    field.display = getDisplayProcessor({ field, theme });
  }
  return frame;
}

// One frame for each series.
export function framesOf({ panel, series }, theme) {
  const config = fieldConfig(panel.fieldConfig.defaults);
  return series.map(({ name, points }, seriesIndex) => {
    const frame = createDataFrame({
      fields: [
        { name: 'Time', type: FieldType.time, values: points.map(([time]) => time * 1000) },
        {
          name: 'Value',
          type: FieldType.number,
          values: points.map(([, value]) => value),
          config: { ...config, displayName: name },
        },
      ],
    });
    frame.fields[1].state = { seriesIndex }; // what gives it its colour
    return withDisplay(frame, theme);
  });
}

// The last value, as a person reads it.
export function lastOf(frame) {
  const field = frame.fields[1];
  return { ...field.display(field.values[field.values.length - 1]), title: field.config.displayName };
}
