// SPDX-License-Identifier: Apache-2.0
// Draws the panels of a dashboard where it puts them, by Grafana's own panel components. What is
// drawn lies in window.flowmark: { title, from, to, panels: [{ panel, series }] }.
import { createTheme, dateTime } from '@grafana/data';
import { BarGauge, GlobalStyles, PanelChrome, ThemeContext, TimeSeries } from '@grafana/ui';
import { createRoot } from 'react-dom/client';

import { framesOf, lastOf } from './frames.js';

const COLUMN = 66; // pixels
const ROW = 38;
const GAP = 8;

const theme = createTheme({ colors: { mode: 'light' } });
const { title, from, to, panels } = window.flowmark;
const range = { from: dateTime(from * 1000), to: dateTime(to * 1000) };
const timeRange = { ...range, raw: range };

function Graph({ shown, width, height }) {
  return (
    <TimeSeries frames={framesOf(shown, theme)} timeRange={timeRange} timeZone="utc" width={width}
      height={height} legend={shown.panel.options.legend} />
  );
}

function Bars({ shown, width, height }) {
  const { options } = shown.panel;
  const frames = framesOf(shown, theme);
  const each = Math.floor(height / frames.length) - 4;
  return frames.map((frame) => (
    <div key={frame.fields[1].config.displayName} style={{ marginBottom: 4 }}>
      <BarGauge value={lastOf(frame)} field={frame.fields[1].config}
        display={frame.fields[1].display} orientation={options.orientation}
        displayMode={options.displayMode} valueDisplayMode={options.valueMode}
        showUnfilled={options.showUnfilled} theme={theme} width={width} height={each} />
    </div>
  ));
}

const KINDS = { timeseries: Graph, bargauge: Bars };

function Panel({ shown }) {
  const { x, y, w, h } = shown.panel.gridPos;
  const Kind = KINDS[shown.panel.type];
  return (
    <div style={{ position: 'absolute', left: x * COLUMN, top: y * ROW }}>
      <PanelChrome title={shown.panel.title} width={w * COLUMN - GAP} height={h * ROW - GAP}>
        {(width, height) => <Kind shown={shown} width={width} height={height} />}
      </PanelChrome>
    </div>
  );
}

function Dashboard() {
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ position: 'relative', margin: GAP }}>
        {panels.map((shown) => <Panel key={shown.panel.id} shown={shown} />)}
      </div>
    </ThemeContext.Provider>
  );
}

document.title = title;
createRoot(document.getElementById('root')).render(<Dashboard />);
