import { CapacityPanel } from "./panels/capacity";
import { DecisionPanel } from "./panels/decision";
import { DeliveryPanel } from "./panels/delivery";
import { Header } from "./panels/header";
import { Help } from "./panels/help";
import { MapPanel } from "./panels/map";
import { OptionsPanel } from "./panels/options";
import { RunsPanel } from "./panels/runs";
import { ServicesPanel } from "./panels/services";
import { SignallingPanel } from "./panels/signalling";
import { SpectrumPanel } from "./panels/spectrum";

/** The page. Panels stand in the order in which the digits bring the focus to them. */
export function App() {
  return (
    <>
      <a class="skip" href="#map">Skip to the panels</a>
      <Header />
      <main>
        <MapPanel digit={1} />
        <OptionsPanel digit={2} />
        <CapacityPanel digit={3} />
        <DeliveryPanel digit={4} />
        <SignallingPanel digit={5} />
        <DecisionPanel digit={6} />
        <SpectrumPanel digit={7} />
        <ServicesPanel digit={8} />
        <RunsPanel digit={9} />
      </main>
      <Help />
    </>
  );
}
