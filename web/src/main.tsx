import "./styles/mantine.css";
import "./styles/tokens.css";
import "./styles/page.css";
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { App } from "./App";
import { ROOT } from "./place";
import { watchArrivals } from "./shell/arrivals";
import { theme } from "./theme";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

watchArrivals();
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Router base={ROOT}>
        <App />
      </Router>
    </MantineProvider>
  </StrictMode>,
);
